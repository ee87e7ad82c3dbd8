"""What a process remembers of the names that it has written, and two workers that write the same names."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from entities.models import Name
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from entities.writing.write_names import NameKey, VendorName, WrittenNames, skip_written_names
from tests.support.event_builders import deal_event
from tests.support.table_contents import read_names


def named_deal(minute: int, name: str, **payload: str) -> StoredEvent:
    return deal_event("updated", minute, stageId="s1", stage=name, **payload)


def process(*events: StoredEvent, written: WrittenNames) -> int:
    """Process a batch as a worker does; return the number of its statements about names."""
    with CaptureQueriesContext(connection) as captured, transaction.atomic(), skip_written_names(written):
        process_batch(events)
    return sum('"entities_name"' in query["sql"] for query in captured)


def shown_names() -> dict[str, str]:
    return dict(Name.objects.values_list("ref", "vendor_name"))


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_brings_nothing_new_costs_no_statement() -> None:
    written = WrittenNames()
    first, older = named_deal(5, "New"), named_deal(4, "Old")
    assert process(first, written=written) == 1
    assert process(first, older, written=written) == 0
    assert process(deal_event("updated", 9, stageId="s1"), written=written) == 0
    assert process(deal_event("updated", 9, title="T"), written=written) == 0
    assert process(named_deal(6, "Newer"), written=written) == 1
    assert shown_names() == {"s1": "Newer"}


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_was_rolled_back_is_not_remembered() -> None:
    written, event = WrittenNames(), named_deal(1, "New")
    with transaction.atomic(), skip_written_names(written):
        process_batch([event])
        transaction.set_rollback(True)
    assert shown_names() == {}
    assert process(event, written=written) == 1
    assert shown_names() == {"s1": "New"}


@pytest.mark.django_db(transaction=True)
def test_a_process_that_remembers_an_older_name_does_not_undo_a_newer_one() -> None:
    one, other = WrittenNames(), WrittenNames()
    process(named_deal(1, "First"), written=one)
    process(named_deal(9, "Last"), written=other)
    process(named_deal(5, "Middle"), written=one)
    assert shown_names() == {"s1": "Last"}


@pytest.mark.unit
def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WrittenNames, "MAX_KEYS", 2)
    written, keys = WrittenNames(), [NameKey(1, "", "stage", f"s{number}") for number in range(4)]
    for key in keys:
        written.remember({key: VendorName("c", "n")})
    assert list(written.select_newer({key: VendorName("c", "n") for key in keys})) == keys[:3]


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_write_the_same_names_keep_the_newest_and_do_not_deadlock() -> None:
    """Each has its names in another order, and they begin each batch at the same time."""
    refs = [f"s{number}" for number in range(8)]
    batches = [
        [
            deal_event("updated", minute, id=f"{way}{ref}", stageId=ref, stage=f"{way} {minute}")
            for ref in refs[::way]
        ]
        for minute in range(10)
        for way in (1, -1)
    ]
    barrier, errors = Barrier(2), list[BaseException]()
    threads = [
        Thread(target=_guarded(partial(_process_all, batches[way::2], barrier), errors)) for way in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    newest = {name for _, name in read_names().values()}
    assert newest <= {"1 9", "-1 9"}
    assert set(shown_names()) == set(refs)


def _process_all(batches: list[list[StoredEvent]], barrier: Barrier) -> None:
    written = WrittenNames()
    for batch in batches:
        barrier.wait(timeout=60)
        with transaction.atomic(), skip_written_names(written):
            process_batch(batch)


def _guarded(work: Callable[[], None], errors: list[BaseException]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    return run
