"""Processing a batch: one bad event does not stop the others; a transient error undoes the whole batch."""

from collections.abc import Sequence

import pytest
from django.db import DataError, OperationalError, transaction
from psycopg import errors

from entities.models import Deal
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import MappedEvent, Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent, Verdict
from entities.vendors import UnusableVendor
from entities.writing import process_batch as processing
from entities.writing.apply import Warnings, apply_mapped_events
from entities.writing.process_batch import process_batch
from tests.support.event_builders import deal_event

pytestmark = pytest.mark.django_db


def refuse(event: StoredEvent, error: Exception, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let every batch with this event fail; return a list that gets the size of each batch that is tried."""
    apply = apply_mapped_events
    sizes: list[int] = []

    def apply_or_fail(mapped: Sequence[MappedEvent]) -> Warnings:
        sizes.append(len(mapped))
        warnings = apply(mapped)
        if event.id in {one.event.id for one in mapped}:
            raise error
        return warnings

    monkeypatch.setattr(processing, "apply_mapped_events", apply_or_fail)
    return sizes


def test_a_batch_is_bisected_until_the_refused_event_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [deal_event("updated", minute, id=f"d{minute}") for minute in range(8)]
    error = DataError("a value is too long\nDETAIL: the value")
    error.__cause__ = errors.StringDataRightTruncation()
    sizes = refuse(events[5], error, monkeypatch)
    outcomes = {outcome.event_id: outcome for outcome in process_batch(events)}
    failed = outcomes.pop(events[5].id)
    assert (failed.verdict, failed.retry, failed.error) == (
        Verdict.FAILED,
        True,
        "DataError: a value is too long",
    )
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.APPLIED}
    assert sorted(Deal.objects.values_list("external_id", flat=True)) == [f"d{n}" for n in range(8) if n != 5]
    assert sizes == [8, 4, 4, 2, 1, 1, 2]


def test_a_transient_error_undoes_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [deal_event("updated", minute, id=f"d{minute}") for minute in range(3)]
    sizes = refuse(events[1], OperationalError("the connection is lost"), monkeypatch)
    with pytest.raises(OperationalError), transaction.atomic():
        process_batch(events)
    assert sizes == [3]
    assert not Deal.objects.exists()


def test_an_error_of_our_own_in_reading_fails_that_event_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [deal_event("updated", minute, id=f"d{minute}") for minute in range(3)]

    def map_or_fail(event: StoredEvent) -> MappedEvent:
        if event.id == events[1].id:
            raise KeyError("a mistake of ours")
        return map_event(event)

    monkeypatch.setattr(processing, "map_event", map_or_fail)
    outcomes = {outcome.event_id: outcome for outcome in process_batch(events)}
    assert [outcomes[event.id].verdict for event in events] == ["applied", "failed", "applied"]
    assert outcomes[events[1].id].error == "KeyError: 'a mistake of ours'"


@pytest.mark.parametrize("error", [Malformed("no object"), Unmappable("no id", ""), KeyError("our own code")])
def test_what_an_outdated_process_cannot_read_is_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was started later, with the vendor's new module, can perhaps read it."""

    def fail(event: StoredEvent) -> MappedEvent:
        raise error

    def find_outdated(vendor: str) -> None:
        raise UnusableVendor("has an outdated module")

    monkeypatch.setattr(processing, "map_event", fail)
    event = deal_event("updated", 1, id="d1")
    [outcome] = process_batch([event])
    assert not outcome.retry
    monkeypatch.setattr(processing, "require_current", find_outdated)
    [outcome] = process_batch([event])
    assert (outcome.verdict, outcome.retry) == (Verdict.FAILED, True)
    assert outcome.error == "this process has an outdated module: restart the workers"
