"""An oracle: computes in the simplest way what the mirror must hold after a set of events.

It shares with the mirror how the values of one event are read (`map_event`), without its bounds, and nothing
of the merge. What a vendor's module says about types, times, ids and merges it has from `vendor_oracle`, and
believes the mirror only for a vendor that is not there. It
keeps every write of every event, sorts those of a register by (time, rank, digest), and takes the last. Only
then does it leave out what `extra` has no room for. It has no database, no stored state and no order of
arrival.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from entities.merge import extra_bounds
from entities.merge.clock import parse_clock
from entities.merge.registers import Invalid
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import RecordKey, Statement, Unmappable
from entities.reading.mapper import map_event
from entities.reading.times import parse_time
from entities.reading.unconvertible import Unconvertible
from entities.stored_events import Origin, StoredEvent
from tests.support.bounds import no_bounds
from tests.support.derived_oracle import derive_columns, derive_from_others
from tests.support.extra_oracle import collect_extra, count_others, key_digest, rank_keys, shorten_value
from tests.support.record_writes import Cells, Key, RecordWrites, Write, column_value
from tests.support.search_oracle import expected_keys
from tests.support.vendor_oracle import (
    COPY,
    DELETED,
    Facts,
    hundredths,
    is_written_down,
    read_facts,
    read_fetched,
    split_body,
)

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


def expected_cells(events: Iterable[StoredEvent]) -> dict[Key, Cells]:
    """Return the cells of every record that must exist; a column that no event wrote is absent."""
    records: dict[Key, RecordWrites] = defaultdict(RecordWrites)
    for said in _list_said(events):
        _add_writes(records[said.key], said)
        if said.key.scope:
            # The scope's sub-account must exist although no statement is about it.
            records[Key(said.key.source, "subaccount", "", said.key.scope)]
    cells = {key: _compute_cells(key, record) for key, record in records.items()}
    return {key: own | derive_from_others(key, own, cells) for key, own in cells.items()}


def expected_timeline(events: Iterable[StoredEvent]) -> dict[tuple[Key, int, str], Cells]:
    """Return what each event wrote to each record, also where another event won.

    The key is (record, event's id, clock).
    """
    entries: dict[tuple[Key, int, str], Cells] = {}
    for said in _list_said(events):
        wrote = entries.setdefault((said.key, said.event, said.stamp.clock), {})
        kept = rank_keys(said.writes)[: extra_bounds.MAX_KEYS]
        for name, value in said.writes.items():
            if name in kept:
                wrote[name] = shorten_value(value)
            elif not name.startswith("extra."):
                wrote[name] = column_value(value)
            if isinstance(value, Invalid):
                wrote[f"extra.{value.key}"] = shorten_value(value.raw)
    return entries


def expected_names(events: Iterable[StoredEvent]) -> Names:
    """Return every id that has a name or may be given one, with the newest name that an event gives it.

    The name of an id in a sub-account is one of its own; every id stands there for the whole source too.
    """
    names: dict[tuple[int, str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for said in _list_said(events):
        source, model, scope, external_id = said.key
        for account in filter(None, (scope, external_id if model == "subaccount" else "")):
            names[source, "", "sub-account", account].add(("", ""))
        for column, (kind, name_column) in NAMED.items():
            id, name = said.writes.get(column), said.writes.get(name_column or "")
            if not isinstance(id, str) or not 0 < len(id) <= 255:
                continue
            names[source, "", kind, id].add(("", ""))
            if isinstance(name, str) and 0 < len(name) <= 500:
                names[source, scope, kind, id].add((said.stamp.clock, name))
    return {key: max(given) for key, given in names.items()}


def expected_words(events: Iterable[StoredEvent]) -> set[tuple[int, str, str, str, str]]:
    """Return (source's id, scope, model, column, word) of every word that an event says."""
    return {
        (said.key.source, said.key.scope, said.key.model, column, word)
        for said in _list_said(events)
        for column, word in said.writes.items()
        if column in WORDS[said.key.model] and isinstance(word, str) and 0 < len(word) <= 255
    }


class Said(NamedTuple):
    """The writes of one event to one record.

    event: its id. writes: register -> value. stamp: a write by this event, without a value.
    """

    event: int
    key: Key
    writes: dict[str, Any]
    stamp: Write


def _list_said(events: Iterable[StoredEvent]) -> Iterator[Said]:
    for event in {event.id: event for event in events}.values():
        is_delivered = event.origin is Origin.WEBHOOK
        if is_delivered and not is_written_down(event.vendor):
            yield from _list_read(event)
            continue
        digest = hashlib.sha256(event.body).hexdigest()
        for place, content in split_body(event.vendor, event.body):
            own_digest = digest if place is None else f"{digest}.{place:06d}"
            alone = event.body if place is None else json.dumps(content).encode()
            try:
                with no_bounds():
                    mapped = map_event(replace(event, body=alone, digest=own_digest))
            except (Malformed, Unmappable):
                continue
            facts = read_facts(event.vendor, content) if is_delivered else read_fetched(event.origin, content)
            time = _choose_time(facts.times, event.received_at)
            for key, rank, writes in _correct_statements(mapped.statements, facts):
                yield Said(event.id, Key(event.source_id, *key), writes, Write(time, rank, own_digest, None))


def _list_read(event: StoredEvent) -> Iterator[Said]:
    """Yield what the mirror reads, whole: nobody has written down the facts of this vendor a second time."""
    try:
        with no_bounds():
            mapped = map_event(event)
    except (Malformed, Unmappable):
        return
    for statement in mapped.statements:
        clock = parse_clock(statement.clock)
        stamp = Write(clock.occurred_at, clock.rank, clock.digest, None)
        yield Said(event.id, Key(event.source_id, *statement.key), statement.writes, stamp)


def _correct_statements(
    statements: Iterable[Statement], facts: Facts
) -> Iterator[tuple[RecordKey, str, dict[str, Any]]]:
    """Yield what an event says of each record: values as the mirror reads them, the rest by the facts.

    An event writes `exists` only to its own record, and to those that end in it; the rest are copies.
    """
    for statement in statements:
        if "exists" not in statement.writes:
            yield statement.key, COPY, statement.writes
        elif facts.record in (None, statement.key.external_id):
            own = statement.writes | {"exists": facts.exists} | dict.fromkeys(facts.emptied)
            own |= {
                column: hundredths(raw)
                for column, raw in facts.cents.items()
                if isinstance(own.get(column), str)
            }
            yield statement.key, facts.rank, own
            for external_id in facts.ended:
                ended = {"exists": False, "merged_into": statement.key.external_id}
                yield statement.key._replace(external_id=external_id), DELETED, ended


def _choose_time(values: Iterable[Any], received_at: datetime) -> datetime:
    """Return the first time that can be read and is at most a day ahead of the receipt; else the receipt."""
    for value in values:
        if value is None:
            continue
        try:
            time = parse_time(value)
        except Unconvertible:
            continue
        if time <= received_at + timedelta(days=1):
            return time
    return received_at.astimezone(UTC)


def _add_writes(record: RecordWrites, said: Said) -> None:
    for name, value in said.writes.items():
        if value is not None or said.stamp.rank > COPY:
            record.add(name, said.stamp._replace(value=value))


def _compute_cells(key: Key, record: RecordWrites) -> Cells:
    newest = record.newest
    keys = rank_keys(newest)
    kept, others = keys[: extra_bounds.MAX_KEYS], keys[extra_bounds.MAX_KEYS :]
    counted = others[: extra_bounds.MAX_COUNTED_KEYS]
    clocks = {name: write.clock for name, write in newest.items()}
    exists = newest.get("exists")
    deleted = exists if exists and not exists.value else None
    return (
        {name: column_value(write.value) for name, write in newest.items() if _is_column(name)}
        | {"tags": _collect_tags(record)}
        | derive_columns(key.model, record)
        | {
            "extra": collect_extra(newest, kept),
            "extra_omitted": count_others(counted, others),
            "sub_account": key.scope or None,
            "is_placeholder": not record.writes,
            "is_deleted": deleted is not None,
            "deleted_at": deleted and deleted.time.isoformat(),
            "search keys": expected_keys(key.model, key.external_id, _written_values(record)),
            "clocks": {name: clock for name, clock in clocks.items() if name not in others}
            | {f"extra#{key_digest(name)[:32]}": clocks[name] for name in counted},
        }
    )


def _written_values(record: RecordWrites) -> dict[str, list[Any]]:
    return {
        name: [column_value(write.value) for write in writes]
        for name, writes in record.writes.items()
        if _is_column(name)
    }


def _is_column(name: str) -> bool:
    return name != "exists" and not name.startswith(("extra.", "tags+"))


def _collect_tags(record: RecordWrites) -> list[str] | None:
    whole = record.newest.get("tags")
    whole_set = column_value(whole.value) if whole else None
    added = {
        name.removeprefix("tags+")
        for name, write in record.newest.items()
        if name.startswith("tags+") and (whole is None or write.order > whole.order)
    }
    return sorted(added.union(whole_set or ())) if added or whole_set is not None else None
