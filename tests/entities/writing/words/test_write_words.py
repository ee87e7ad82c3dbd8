"""A process remembers the words that it has written."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from entities.models import Record
from entities.models.fields import WordField
from entities.models.introspection import record_models
from entities.models.naming.named_refs import named_refs
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from entities.writing.words.write_words import WordKey, WrittenWords, skip_written_words
from tests.support.event_builders import deal_event
from tests.support.oracle import WORDS
from tests.support.table_contents import read_words


def process(*events: StoredEvent, written: WrittenWords) -> int:
    """Process a batch as a worker does; return the number of its statements about words."""
    with CaptureQueriesContext(connection) as captured, transaction.atomic(), skip_written_words(written):
        process_batch(events)
    return sum('"entities_word"' in query["sql"] for query in captured)


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_says_no_new_word_costs_no_statement() -> None:
    written = WrittenWords()
    assert process(deal_event("updated", 1, status="won"), written=written) == 1
    assert process(deal_event("updated", 2, status="won"), written=written) == 0
    assert process(deal_event("updated", 3, title="T"), written=written) == 0
    assert process(deal_event("updated", 4, status="lost"), written=written) == 1
    assert {word for *_, word in read_words()} == {"won", "lost"}


@pytest.mark.django_db(transaction=True)
def test_a_word_that_was_rolled_back_is_written_again() -> None:
    written, event = WrittenWords(), deal_event("updated", 1, status="won")
    with transaction.atomic(), skip_written_words(written):
        process_batch([event])
        transaction.set_rollback(True)
    assert read_words() == set()
    assert process(event, written=written) == 1
    assert {word for *_, word in read_words()} == {"won"}


@pytest.mark.unit
def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WrittenWords, "MAX_KEYS", 2)
    written = WrittenWords()
    keys = [WordKey(1, "", "deal", "status", str(number)) for number in range(4)]
    written.remember(set(keys[:3]))
    assert written.select_new({keys[0]}) == set()
    written.remember({keys[3]})
    assert written.select_new(set(keys)) == set(keys[:3])


@pytest.mark.unit
@pytest.mark.parametrize("model", record_models(), ids=lambda model: model.__name__)
def test_every_column_of_words_is_kept(model: type[Record]) -> None:
    words = {field.name for field in model._meta.concrete_fields if isinstance(field, WordField)}
    assert words <= set(model.word_columns)
    assert set(WORDS[str(model._meta.model_name)]) == {*model.word_columns, *named_refs(model)}
