"""The table of sentences of the timeline, and each kind of change on its own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.admin.naming.name_cells import NameCells
from entities.admin.record_timeline.sentences import SENTENCES, tell
from entities.admin.record_timeline.timeline import TOPICS
from entities.admin.record_timeline.timeline_entries import Change, Happening, parse_cursor
from entities.admin.record_timeline.written_cells import WrittenCells
from entities.merge.clock import Rank, format_clock
from entities.models import Deal
from entities.models.introspection import mirrored_fields, model_name, record_models, record_models_by_name
from entities.names import Names
from entities.provenance import Provenance
from tests.support.api_client import NOW

pytestmark = pytest.mark.unit

CELLS = WrittenCells(NameCells(Names({}), may_name=False), {})
TEXTS = st.none() | st.text(max_size=50)


def happening(*changes: Change, rank: Rank = Rank.OTHER) -> Happening:
    origin = Provenance(format_clock(NOW, rank, "a" * 64), 1, "deal.updated", "")
    return Happening(Deal(pk=1, source_id=1, external_id="d"), origin, changes)


def tell_own(*changes: Change, rank: Rank = Rank.OTHER) -> str | None:
    told = happening(*changes, rank=rank)
    return tell(told, told.record, CELLS)


def test_every_entity_has_a_sentence_of_its_own_columns() -> None:
    assert set(SENTENCES) == set(record_models_by_name())
    for model in record_models():
        sentence = SENTENCES[model_name(model)]
        assert set(sentence.told) | sentence.silent <= set(mirrored_fields(model)), model


def test_topics_are_about_entities() -> None:
    assert {name for topic in TOPICS.values() for name in topic} <= set(record_models_by_name())


@pytest.mark.parametrize(
    ("change", "rank", "beginning"),
    [
        (Change("exists", None, True, True), Rank.CREATED, "Created"),
        (Change("exists", None, True, True), Rank.OTHER, "New"),
        (Change("exists", True, False, False), Rank.DELETED, "Deleted"),
        (Change("exists", False, True, False), Rank.OTHER, "There again"),
    ],
)
def test_the_existence_of_a_record_is_told(change: Change, rank: Rank, beginning: str) -> None:
    assert tell_own(change, rank=rank) == beginning


def test_what_another_records_event_repeats_is_no_news() -> None:
    assert tell_own(rank=Rank.COPY) is None
    assert tell_own() == "no change"


def test_many_changes_are_counted() -> None:
    columns = (
        "title",
        "number",
        "priority",
        "lost_reason",
        "origin",
        "vendor_status",
        "owner_name",
        "status",
    )
    sentence = tell_own(*(Change(column, "a", "b", False) for column in columns))
    assert sentence is not None
    assert sentence.count("became") == 6
    assert "and 2 more" in sentence


@given(before=TEXTS, after=TEXTS, is_first=st.booleans())
def test_no_text_breaks_a_sentence_or_stands_in_it_unescaped(before: Any, after: Any, is_first: bool) -> None:
    sentence = tell_own(Change("title", before, after, is_first))
    assert sentence
    assert "<script" not in sentence
    hostile = tell_own(Change("title", "<script>", f"<script>{after}", is_first))
    assert "<script" not in str(hostile)


@given(st.text(max_size=200))
def test_any_text_is_a_cursor_or_none(text: str) -> None:
    cursor = parse_cursor(text)
    assert cursor is None or str(cursor) == text


@pytest.mark.parametrize("rank", Rank)
def test_a_cursor_is_read_as_it_was_written(rank: Rank) -> None:
    cursor = happening(rank=rank).cursor
    assert parse_cursor(str(cursor)) == cursor
