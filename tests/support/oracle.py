"""An oracle: computes in the simplest way what the mirror must hold after a set of events.

It shares with the mirror the reading of an event (`map_event`), without its bounds, and nothing of the
merge. It keeps every write of every event, sorts those of a register by (time, rank, digest), and takes the
last. Only then does it leave out what `extra` has no room for. It has no database, no stored state and no
order of arrival.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

from entities.merge import extra_bounds
from entities.merge.clock import parse_clock
from entities.merge.registers import Invalid
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.fetched.fetched_envelope import read_any_envelopes
from entities.reading.mapped_event import RecordKey, Statement, Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import Origin, StoredEvent
from entities.vendor_language import Vendor
from entities.vendors import get_vendor
from tests.support.bounds import no_bounds
from tests.support.search_oracle import expected_keys

Cells = dict[str, Any]
"""Column -> value: JSON forms; the other record's external id for a reference."""


Names = dict[tuple[int, str, str, str], tuple[str, str]]
"""(source's id, scope, kind, the vendor's id) -> (clock, the vendor's name); both empty without a name."""

# Column of ids -> their kind, and the column of their names.
NAMED = {
    "stage_ref": ("stage", "stage_name"),
    "owner_ref": ("person", "owner_name"),
    "form_ref": ("form", "form_name"),
    "pipeline_ref": ("pipeline", None),
    "assignee_ref": ("person", None),
    "salesperson_ref": ("person", None),
    "calendar_ref": ("calendar", None),
    "type_ref": ("appointment-type", None),
}


# Model -> the columns of which the words in use are offered.
WORDS = {
    "subaccount": (),
    "lead": ("origin", "stage_ref", "owner_ref"),
    "client": ("type",),
    "contact": ("lifecycle_stage", "origin", "owner_ref"),
    "deal": ("status", "priority", "origin", "currency", "stage_ref", "pipeline_ref", "owner_ref"),
    "invoice": ("status", "currency", "salesperson_ref"),
    "quotation": ("status",),
    "payment": ("method", "currency"),
    "appointment": ("status", "calendar_ref", "type_ref"),
    "task": ("status", "priority", "assignee_ref"),
    "message": ("status", "direction", "channel"),
    "formsubmission": ("form_ref",),
}


class Key(NamedTuple):
    """A record's key; source is the source's id."""

    source: int
    model: str
    scope: str
    external_id: str


class Write(NamedTuple):
    """The write of one event to one register."""

    time: datetime
    rank: str
    digest: str
    value: Any

    @property
    def order(self) -> tuple[datetime, str, str]:
        """The sort key that orders writes as clocks do; no two events have one digest."""
        return self.time, self.rank, self.digest

    @property
    def clock(self) -> str:
        time = self.time.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{time}Z {self.rank} {self.digest}"


@dataclass
class RecordWrites:
    """Every write to one record: register -> its writes, oldest first."""

    writes: dict[str, list[Write]] = field(default_factory=dict)

    def add(self, name: str, write: Write) -> None:
        self.writes[name] = sorted([*self.writes.get(name, ()), write], key=lambda write: write.order)

    @property
    def newest(self) -> dict[str, Write]:
        return {name: writes[-1] for name, writes in self.writes.items()}


def expected_cells(events: Iterable[StoredEvent]) -> dict[Key, Cells]:
    """Return the cells of every record that must exist; a column that no event wrote is absent."""
    records: dict[Key, RecordWrites] = defaultdict(RecordWrites)
    for event, vendor, statement in _iterate_statements(events):
        key = Key(event.source_id, *statement.key)
        _add_writes(records[key], event, vendor, statement)
        for other in _referred_sub_account(statement):
            records[Key(event.source_id, *other)]
    cells = {key: _compute_cells(key, record) for key, record in records.items()}
    return {key: own | _derive_from_others(key, own, cells) for key, own in cells.items()}


def expected_timeline(events: Iterable[StoredEvent]) -> dict[tuple[Key, int, str], Cells]:
    """Return what each event wrote to each record, also where another event won.

    The key is (record, event's id, clock).
    """
    entries: dict[tuple[Key, int, str], Cells] = {}
    for event, vendor, statement in _iterate_statements(events):
        key, clock = Key(event.source_id, *statement.key), _make_write(event, vendor, statement, None).clock
        wrote = entries.setdefault((key, event.id, clock), {})
        kept = _rank_keys(statement.writes)[: extra_bounds.MAX_KEYS]
        for name, value in statement.writes.items():
            if name in kept:
                wrote[name] = _shorten_value(value)
            elif not name.startswith("extra."):
                wrote[name] = _column_value(value)
            if isinstance(value, Invalid):
                wrote[f"extra.{value.key}"] = _shorten_value(value.raw)
    return entries


def expected_names(events: Iterable[StoredEvent]) -> Names:
    """Return every id that has a name or may be given one, with the newest name that an event gives it.

    The name of an id in a sub-account is one of its own; every id stands there for the whole source too.
    """
    said: dict[tuple[int, str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for event, vendor, statement in _iterate_statements(events):
        source, (model, scope, external_id) = event.source_id, statement.key
        for account in filter(None, (scope, external_id if model == "subaccount" else "")):
            said[source, "", "sub-account", account].add(("", ""))
        for column, (kind, name_column) in NAMED.items():
            id, name = statement.writes.get(column), statement.writes.get(name_column or "")
            if not isinstance(id, str) or not 0 < len(id) <= 255:
                continue
            said[source, "", kind, id].add(("", ""))
            if isinstance(name, str) and 0 < len(name) <= 500:
                clock = _make_write(event, vendor, statement, None).clock
                said[source, scope, kind, id].add((clock, name))
    return {key: max(names) for key, names in said.items()}


def expected_words(events: Iterable[StoredEvent]) -> set[tuple[int, str, str, str, str]]:
    """Return (source's id, scope, model, column, word) of every word that an event says."""
    return {
        (event.source_id, key.scope, key.model, column, word)
        for event, _, statement in _iterate_statements(events)
        for key in (statement.key,)
        for column, word in statement.writes.items()
        if column in WORDS[key.model] and isinstance(word, str) and 0 < len(word) <= 255
    }


def _iterate_statements(events: Iterable[StoredEvent]) -> Iterator[tuple[StoredEvent, Vendor, Statement]]:
    for event in {event.id: event for event in events}.values():
        try:
            with no_bounds():
                mapped = map_event(event)
        except (Malformed, Unmappable):
            continue
        for statement in mapped.statements:
            yield event, get_vendor(event.vendor), statement


def _add_writes(record: RecordWrites, event: StoredEvent, vendor: Vendor, statement: Statement) -> None:
    for name, value in statement.writes.items():
        write = _make_write(event, vendor, statement, value)
        if value is not None or write.rank > "0":
            record.add(name, write)


def _make_write(event: StoredEvent, vendor: Vendor, statement: Statement, value: Any) -> Write:
    """Return a write with its rank. An event writes `exists` only to its own record; the rest are copies."""
    number = parse_clock(statement.clock).digest.partition(".")[2]
    events = read_any_envelopes(event.body, vendor, event.received_at, event.origin).events
    envelope = next(one for one in events if one.number == (int(number) if number else None))
    verb = envelope.event_type.rpartition(".")[2]
    own_rank = {"created": "1", "deleted": "3"}.get(verb, "2")
    if event.origin is not Origin.WEBHOOK:
        own_rank = "0.5"
    rank = own_rank if "exists" in statement.writes else "0"
    digest = hashlib.sha256(event.body).hexdigest()
    return Write(envelope.occurred_at, rank, f"{digest}.{number}" if number else digest, value)


def _referred_sub_account(statement: Statement) -> Iterator[RecordKey]:
    """Yield the key of the scope's sub-account: it must exist although no statement is about it."""
    if statement.key.scope:
        yield RecordKey("subaccount", "", statement.key.scope)


def _compute_cells(key: Key, record: RecordWrites) -> Cells:
    newest = record.newest
    keys = _rank_keys(newest)
    kept, others = keys[: extra_bounds.MAX_KEYS], keys[extra_bounds.MAX_KEYS :]
    counted = others[: extra_bounds.MAX_COUNTED_KEYS]
    clocks = {name: write.clock for name, write in newest.items()}
    exists = newest.get("exists")
    deleted = exists if exists and not exists.value else None
    return (
        {name: _column_value(write.value) for name, write in newest.items() if _is_column(name)}
        | {"tags": _collect_tags(record)}
        | _derive_columns(key.model, record)
        | {
            "extra": _collect_extra(newest, kept),
            "extra_omitted": _count_others(counted, others),
            "sub_account": key.scope or None,
            "is_placeholder": not record.writes,
            "is_deleted": deleted is not None,
            "deleted_at": deleted and deleted.time.isoformat(),
            "search keys": expected_keys(key.model, key.external_id, _written_values(record)),
            "clocks": {name: clock for name, clock in clocks.items() if name not in others}
            | {f"extra#{_key_digest(name)[:32]}": clocks[name] for name in counted},
        }
    )


def _written_values(record: RecordWrites) -> dict[str, list[Any]]:
    return {
        name: [_column_value(write.value) for write in writes]
        for name, writes in record.writes.items()
        if _is_column(name)
    }


def _is_column(name: str) -> bool:
    return name != "exists" and not name.startswith(("extra.", "tags+"))


def _column_value(value: Any) -> Any:
    return None if isinstance(value, Invalid) else value


def _key_digest(name: str) -> str:
    return hashlib.sha256(name.removeprefix("extra.").encode()).hexdigest()


def _rank_keys(names: Iterable[str]) -> list[str]:
    """Return the registers of unmapped keys, by their keys' digests."""
    return sorted((name for name in names if name.startswith("extra.")), key=_key_digest)


def _count_others(counted: list[str], others: list[str]) -> int:
    """Return the number of the others; from the bound on, what the last digest of a few tells of it."""
    if len(others) < extra_bounds.MAX_COUNTED_KEYS:
        return len(others)
    lowest = extra_bounds.MAX_KEYS + len(counted)
    total = (lowest - 1) * 2**256 // (int(_key_digest(counted[-1])[:32].ljust(64, "f"), 16) + 1)
    two_digits = float(f"{total - extra_bounds.MAX_KEYS:.1e}")
    return max(len(counted), int(two_digits))


def _shorten_value(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    if isinstance(value, str | list | dict) and len(text) > extra_bounds.MAX_VALUE_BYTES:
        return {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    return value


def _collect_extra(newest: dict[str, Write], kept: list[str]) -> Cells:
    """Return the values of unmapped keys, and the raw values that a column could not hold, by their key."""
    found = {name.removeprefix("extra."): _shorten_value(newest[name].value) for name in kept}
    for write in sorted(newest.values(), key=lambda write: write.order):
        if isinstance(write.value, Invalid):
            found[write.value.key] = _shorten_value(write.value.raw)
    return found


def _collect_tags(record: RecordWrites) -> list[str] | None:
    whole = record.newest.get("tags")
    whole_set = _column_value(whole.value) if whole else None
    added = {
        name.removeprefix("tags+")
        for name, write in record.newest.items()
        if name.startswith("tags+") and (whole is None or write.order > whole.order)
    }
    return sorted(added.union(whole_set or ())) if added or whole_set is not None else None


def _derive_columns(model: str, record: RecordWrites) -> Cells:
    return _own_event_times(record) | DERIVED.get(model, lambda record: {})(record)


def _own_event_times(record: RecordWrites) -> Cells:
    """Return the times of the first and the last event of the record's own, which alone write `exists`."""
    times = [write.time.isoformat() for write in record.writes.get("exists", ())]
    return {"first_event_at": min(times, default=None), "last_event_at": max(times, default=None)}


def _derive_deal(record: RecordWrites) -> Cells:
    return {
        "closed_at": _start_of_run(record, "won", "lost"),
        "won_at": _start_of_run(record, "won"),
        "lost_at": _start_of_run(record, "lost"),
        "status_since": _start_of_run(record),
        "stage_since": _start_of_stage(record),
    }


def _derive_invoice(record: RecordWrites) -> Cells:
    own = record.newest.get("paid_at")
    return {"paid_at": (_column_value(own.value) if own else None) or _start_of_run(record, "paid")}


DERIVED: dict[str, Callable[[RecordWrites], Cells]] = {
    "deal": _derive_deal,
    "lead": lambda record: {"stage_since": _start_of_stage(record)},
    "invoice": _derive_invoice,
}


def _derive_from_others(key: Key, own: Cells, records: dict[Key, Cells]) -> Cells:
    """Return the cells that other records have a part in."""
    if key.model != "invoice":
        return {}
    payments = [
        cells
        for other, cells in records.items()
        if (other.source, other.model, other.scope) == (key.source, "payment", key.scope)
        and cells.get("invoice") == key.external_id
    ]
    return {"amount_open": _compute_open_amount(own, payments)}


def _compute_open_amount(invoice: Cells, payments: list[Cells]) -> str | None:
    """Return the total minus what was paid, by the payments or by the vendor's own word."""
    if invoice.get("status") == "paid":
        return "0"
    if invoice.get("total") is None:
        return None
    paid = Decimal(0)
    for payment in payments:
        currencies = {payment.get("currency"), invoice.get("currency")} - {None}
        if not payment["is_deleted"] and len(currencies) < 2:
            paid += Decimal(payment.get("amount") or 0)
    paid = max(paid, Decimal(invoice.get("amount_paid") or 0), Decimal(0))
    return str(max(Decimal(invoice["total"]) - paid, Decimal(0)))


def _start_of_run(record: RecordWrites, *statuses: str) -> str | None:
    """Return when the present unbroken run of one of these statuses began; None if the last is another.

    Without statuses any one counts.
    """
    newest_first = record.writes.get("status", [])[::-1]
    present = _column_value(newest_first[0].value) if newest_first else None
    if present is None or (statuses and present not in statuses):
        return None
    run = list(takewhile(lambda write: write.value == present, newest_first))
    return run[-1].time.isoformat()


def _start_of_stage(record: RecordWrites) -> str | None:
    """Return when the record came into its present stage: that of the same id or, without ids, name."""
    writes = [
        (write.order, name, _column_value(write.value))
        for name in ("stage_ref", "stage_name")
        for write in record.writes.get(name, ())
    ]
    stages: list[tuple[datetime, Any, Any]] = []
    for order in sorted({order for order, _, _ in writes}):
        _, id, name = stages[-1] if stages else (None, None, None)
        said = {column: value for at, column, value in writes if at == order}
        stages.append((order[0], said.get("stage_ref", id), said.get("stage_name", name)))
    began = None
    for (_, former_id, former_name), (time, id, name) in pairwise([(None, None, None), *stages]):
        if id is None and name is None:
            began = None
            continue
        if id is not None and former_id is not None:
            goes_on = id == former_id
        else:
            goes_on = name is not None and name == former_name
        began = began if began and goes_on else time
    return began.isoformat() if began else None
