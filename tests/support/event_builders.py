"""Tells the mirror a few events in every way there is, and looks at what it holds then."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import permutations
from typing import Any, TypeVar

from django.db import transaction

from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from tests.support import table_contents
from tests.support.envelopes import build_body
from tests.support.oracle import Cells
from tests.support.random_histories import ensure_source, store_event

T = TypeVar("T")
Records = dict[tuple[str, str, str], Cells]
"""(model, scope, external id) -> column -> value."""
DEAL, CLIENT, LEAD = ("deal", "", "d"), ("client", "", "c"), ("lead", "", "l")
CONTACT = ("contact", "sa", "ct")


def time_at(minute: int) -> datetime:
    return datetime(2025, 1, 15, 10, minute, tzinfo=UTC)


def build_event(
    vendor: str, event_type: str, minute: Any, payload: dict[str, Any], slug: str = ""
) -> StoredEvent:
    """An event of that minute; of any other time that is given as the vendor spells it."""
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
    """One of the contact's, but not its own."""
    said_of = {"subAccountId": "sa", "taskId": "t", "contactId": "ct"}
    return build_event("seedly", "task.updated", minute, said_of | payload)


def records_after(*events: StoredEvent) -> Records:
    return apply_in_every_way(
        events, lambda: {key[1:]: cells for key, cells in table_contents.read_records().items()}
    )


def apply_in_every_way(events: tuple[StoredEvent, ...], look: Callable[[], T]) -> T:
    """What `look` sees after these events, of which it must see the same however they are applied."""
    first, *others = [_apply_and_look(batches, look) for batches in _list_ways(events)]
    for found in others:
        assert found == first
    return first


def _list_ways(events: tuple[StoredEvent, ...]) -> Iterator[list[list[StoredEvent]]]:
    """Every order, in one batch, one at a time, and so with the first again at the end."""
    for order in permutations(events):
        yield [list(order)]
        yield [[event] for event in order]
        yield [[event] for event in (*order, order[0])]


def _apply_and_look(batches: list[list[StoredEvent]], look: Callable[[], T]) -> T:
    with transaction.atomic():
        for batch in batches:
            process_batch(batch)
        found = look()
        transaction.set_rollback(True)
    return found
