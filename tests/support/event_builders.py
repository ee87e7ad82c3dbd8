"""Builders of stored events, and their application in every order and every split into batches."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import permutations
from typing import Any, TypeVar

from django.db import transaction

from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from tests.support import table_contents
from tests.support.envelopes import build_body
from tests.support.random_histories import ensure_source, store_event
from tests.support.record_writes import Cells

T = TypeVar("T")
Records = dict[tuple[str, str, str], Cells]
"""(model, scope, external id) -> column -> value."""
DEAL, CLIENT, LEAD = ("deal", "", "d"), ("client", "", "c"), ("lead", "", "l")
CONTACT = ("contact", "sa", "ct")
# Each more would multiply the time of a test by its number.
MAX_EVENTS_IN_ALL_WAYS = 3


def time_at(minute: int) -> datetime:
    """Return the time at that minute of the tests' hour."""
    return datetime(2025, 1, 15, 10, minute, tzinfo=UTC)


def build_event(
    vendor: str, event_type: str, minute: Any, payload: dict[str, Any], slug: str = ""
) -> StoredEvent:
    """Store an event.

    minute: of the tests' hour; anything else stands in the envelope as the event's time, as it is.
    """
    time = f"2025-01-15T10:{minute:02d}:00Z" if minute in range(60) and minute is not True else minute
    return store_event(ensure_source(vendor, slug), build_body(vendor, event_type, payload, time))


def deal_event(verb: str, minute: Any, **payload: Any) -> StoredEvent:
    return build_event("heffl", f"deal.{verb}", minute, {"id": "d"} | payload)


def client_event(verb: str, minute: Any, **payload: Any) -> StoredEvent:
    return build_event("heffl", f"client.{verb}", minute, {"id": "c"} | payload)


def contact_event(verb: str, minute: Any, **payload: Any) -> StoredEvent:
    return build_event(
        "seedly", f"contact.{verb}", minute, {"subAccountId": "sa", "contactId": "ct"} | payload
    )


def task_event(minute: Any, **payload: Any) -> StoredEvent:
    """Build an event of a task, which refers to the contact."""
    keys = {"subAccountId": "sa", "taskId": "t", "contactId": "ct"}
    return build_event("seedly", "task.updated", minute, keys | payload)


def records_after(*events: StoredEvent) -> Records:
    """Return the records after these events, which must be the same in whatever way they are applied."""
    return apply_in_every_way(
        events, lambda: {key[1:]: cells for key, cells in table_contents.read_records().items()}
    )


def apply_in_every_way(events: tuple[StoredEvent, ...], look: Callable[[], T]) -> T:
    """Return what `look` returns after these events; fail if it depends on the way they are applied."""
    ways = _list_ways(events)
    first = _apply_and_look(next(ways), look)
    for batches in ways:
        assert _apply_and_look(batches, look) == first
    return first


def _list_ways(events: tuple[StoredEvent, ...]) -> Iterator[list[list[StoredEvent]]]:
    """Yield the batches of every order: all in one, one at a time, and one at a time with a repetition.

    Of four events and more, which have 24 orders and more, the three ways take turns.
    """
    for place, order in enumerate(permutations(events)):
        ways = [list(order)], [[event] for event in order], [[event] for event in (*order, order[0])]
        yield from ways if len(events) <= MAX_EVENTS_IN_ALL_WAYS else [ways[place % len(ways)]]


def _apply_and_look(batches: list[list[StoredEvent]], look: Callable[[], T]) -> T:
    with transaction.atomic():
        for batch in batches:
            process_batch(batch)
        result = look()
        transaction.set_rollback(True)
    return result
