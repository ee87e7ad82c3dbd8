"""The promise once more, written the slow way: what the mirror must hold after a set of events.

Shares with the mirror the reading of an event (`map_event`) and nothing of the merge. It keeps every
write of every event, sorts those of a register as (time, rank, digest), and takes the last. There is
no database here, no stored state and no order of arrival.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

from entities.merge.registers import Invalid
from entities.reading.envelope import Malformed, read_envelope
from entities.reading.mapped_event import RecordKey, Statement, Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent
from entities.vendor_language import Vendor
from entities.vendors import get_vendor

Cells = dict[str, Any]
"""Column -> value: JSON forms; the other record's external id for a reference."""


class Key(NamedTuple):
    """A record's key; source is the source's id."""

    source: int
    model: str
    scope: str
    external_id: str


class Write(NamedTuple):
    """One event's word on one register. Sorts as the clock does: no two have the same digest."""

    time: datetime
    rank: int
    digest: str
    value: Any

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.time, self.rank, self.digest

    @property
    def clock(self) -> str:
        time = self.time.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{time}Z {self.rank} {self.digest}"


@dataclass
class Heard:
    """Everything that was ever said of one record: register -> every write, oldest first."""

    writes: dict[str, list[Write]] = field(default_factory=dict)

    def add(self, name: str, write: Write) -> None:
        self.writes[name] = sorted([*self.writes.get(name, ()), write], key=lambda write: write.order)

    @property
    def newest(self) -> dict[str, Write]:
        return {name: said[-1] for name, said in self.writes.items()}


def cells(events: Iterable[StoredEvent]) -> dict[Key, Cells]:
    """Every record that must be there, and its cells; a column that nobody wrote is absent."""
    heard: dict[Key, Heard] = defaultdict(Heard)
    for event, vendor, said in _statements(events):
        key = Key(event.source_id, *said.key)
        _hear(heard[key], event, vendor, said)
        for other in _sub_account(said):
            heard[Key(event.source_id, *other)]
    return {key: _cells(key, record) for key, record in heard.items()}


def timeline(events: Iterable[StoredEvent]) -> dict[tuple[Key, int, str], Cells]:
    """(record, event's id, clock) -> what the event said of the record, whether or not it won."""
    found: dict[tuple[Key, int, str], Cells] = {}
    for event, vendor, said in _statements(events):
        key, clock = Key(event.source_id, *said.key), _write(event, vendor, said, None).clock
        wrote = found.setdefault((key, event.id, clock), {})
        for name, value in said.writes.items():
            wrote[name] = _column(value)
            if isinstance(value, Invalid):
                wrote[f"extra.{value.key}"] = value.raw
    return found


def _statements(events: Iterable[StoredEvent]) -> Iterator[tuple[StoredEvent, Vendor, Statement]]:
    for event in {event.id: event for event in events}.values():
        try:
            mapped = map_event(event)
        except (Malformed, Unmappable):
            continue
        for said in mapped.statements:
            yield event, get_vendor(event.vendor), said


def _hear(record: Heard, event: StoredEvent, vendor: Vendor, said: Statement) -> None:
    for name, value in said.writes.items():
        write = _write(event, vendor, said, value)
        if value is not None or write.rank > 0:
            record.add(name, write)


def _write(event: StoredEvent, vendor: Vendor, said: Statement, value: Any) -> Write:
    """An event speaks of existence in its own record only; all else that it says is a copy."""
    envelope = read_envelope(event.body, vendor, event.received_at)
    verb = envelope.event_type.rpartition(".")[2]
    rank = {"created": 1, "deleted": 3}.get(verb, 2) if "exists" in said.writes else 0
    return Write(envelope.occurred_at, rank, hashlib.sha256(event.body).hexdigest(), value)


def _sub_account(said: Statement) -> Iterator[RecordKey]:
    """It is there though nothing be said of it; all else that is referred to has its own statement."""
    if said.key.scope:
        yield RecordKey("subaccount", "", said.key.scope)


def _cells(key: Key, record: Heard) -> Cells:
    newest = record.newest
    exists = newest.get("exists")
    deleted = exists if exists and not exists.value else None
    return (
        {name: _column(write.value) for name, write in newest.items() if _is_column(name)}
        | {"tags": _tags(record)}
        | _derived(key.model, record)
        | {
            "extra": _extra(newest),
            "sub_account": key.scope or None,
            "is_placeholder": not record.writes,
            "is_deleted": deleted is not None,
            "deleted_at": deleted and deleted.time.isoformat(),
            "clocks": {name: write.clock for name, write in newest.items()},
        }
    )


def _is_column(name: str) -> bool:
    return name != "exists" and not name.startswith(("extra.", "tags+"))


def _column(value: Any) -> Any:
    return None if isinstance(value, Invalid) else value


def _extra(newest: dict[str, Write]) -> Cells:
    """Each key that no column names, and, under its key, what a column could not hold."""
    found = {
        name.removeprefix("extra."): write.value
        for name, write in newest.items()
        if name.startswith("extra.")
    }
    for write in sorted(newest.values(), key=lambda write: write.order):
        if isinstance(write.value, Invalid):
            found[write.value.key] = write.value.raw
    return found


def _tags(record: Heard) -> list[str] | None:
    whole = record.newest.get("tags")
    said = _column(whole.value) if whole else None
    added = {
        name.removeprefix("tags+")
        for name, write in record.newest.items()
        if name.startswith("tags+") and (whole is None or write.order > whole.order)
    }
    return sorted(added.union(said or ())) if added or said is not None else None


def _derived(model: str, record: Heard) -> Cells:
    if model == "deal":
        return {"closed_at": _run_began(record, "won", "lost")}
    if model == "invoice":
        own = record.newest.get("paid_at")
        return {"paid_at": (_column(own.value) if own else None) or _run_began(record, "paid")}
    return {}


def _run_began(record: Heard, *statuses: str) -> str | None:
    """When the unbroken run of these statuses began that has not ended."""
    run = list(takewhile(lambda write: write.value in statuses, reversed(record.writes.get("status", []))))
    return run[-1].time.isoformat() if run else None
