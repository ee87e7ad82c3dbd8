"""Reads and writes the rows of the baseline, and what the timeline shows of them."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.database.cursors import execute, fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.baseline.kept_registers import kept_registers
from entities.merge.registers import Invalid, timeline_values
from entities.models import BaselineEntry, TimelineEntry
from entities.models.introspection import record_models_by_name
from entities.reading.mapped_event import RecordKey
from entities.writing.source_statement import SourceKey

TABLE, TIMELINE = BaselineEntry._meta.db_table, TimelineEntry._meta.db_table
EVENTS = BaselineEntry._meta.get_field("event").related_model._meta.db_table
KEY = ", ".join(BaselineEntry.key)
COLUMNS = f"{KEY}, clock, event_id, writes, unreadable"
ENTRIES = """jsonb_to_recordset(%s::jsonb) AS entry (
    source_id bigint, record_type text, scope text, external_id text, clock text, event_id bigint,
    writes jsonb, unreadable jsonb, whole_clock text, wrote jsonb
)"""
READ = f"""
    SELECT stored.id, stored.{COLUMNS.replace(", ", ", stored.")}, encode(event.digest, 'hex')
    FROM "{TABLE}" stored JOIN "{EVENTS}" event ON event.id = stored.event_id
"""
IS_OF_RECORD = " AND ".join(f"stored.{column} = entry.{column}" for column in BaselineEntry.key)
# The event first: by its index a row is found among the few of one event.
IS_ENTRY = f"stored.event_id = entry.event_id AND {IS_OF_RECORD} AND stored.clock = entry.clock"

# Leaves out the entries that can lose nothing more. A record with a long history has many of those, and each
# further pruning would read them all.
READ_LOOSE = f"""
    {READ} JOIN {ENTRIES} ON {IS_OF_RECORD}
    WHERE (stored.writes || stored.unreadable) = '{{}}'
        OR NOT %s::jsonb -> stored.record_type @> to_jsonb(ARRAY(
            SELECT jsonb_object_keys(stored.writes || stored.unreadable)
        ))
"""
DELETE = f'DELETE FROM "{TABLE}" stored USING {ENTRIES} WHERE {IS_ENTRY}'
# No ON CONFLICT: its unique index, of all that IS_ENTRY compares, was half as large as the table. What
# is kept of an event is written by whoever holds the event's row.
UPSERT = f"""
    WITH entry AS MATERIALIZED (SELECT * FROM {ENTRIES}),
    updated AS (
        UPDATE "{TABLE}" stored SET writes = entry.writes, unreadable = entry.unreadable
        FROM entry WHERE {IS_ENTRY}
    )
    INSERT INTO "{TABLE}" ({COLUMNS})
    SELECT {COLUMNS} FROM entry
    WHERE NOT EXISTS (SELECT FROM "{TABLE}" stored WHERE {IS_ENTRY}) ORDER BY event_id
"""
READ_AFTER = f"{READ} WHERE stored.id > %s AND {{condition}} ORDER BY stored.id LIMIT %s"
# Of the records of one model. An entry that is gone from the baseline is gone from the timeline too.
IS_SHOWN = """
    record.source_id = entry.source_id AND record.scope = entry.scope
    AND record.external_id = entry.external_id AND shown.record_type = entry.record_type
    AND shown.record_id = record.id AND shown.clock = entry.whole_clock
"""
HIDE = f'DELETE FROM "{TIMELINE}" shown USING {ENTRIES}, "{{table}}" record WHERE {IS_SHOWN}'
SHOW = (
    f'UPDATE "{TIMELINE}" shown SET wrote = entry.wrote FROM {ENTRIES}, "{{table}}" record'
    f" WHERE {IS_SHOWN} AND shown.wrote IS DISTINCT FROM entry.wrote"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """The writes of one event to one record, or what is kept of them."""

    key: SourceKey
    clock: str
    event_id: int
    writes: Mapping[str, Any]


def read_loose_entries(keys: Iterable[SourceKey]) -> list[Entry]:
    """Return those entries of these records that may lose writes when more events are pruned."""
    documents = [_key_columns(key) for key in keys]
    kept = {name: sorted(kept_registers(model)) for name, model in record_models_by_name().items()}
    return [_load(row) for row in fetch_rows(READ_LOOSE, dump_json(documents), dump_json(kept))]


def read_entries_after(last_id: int, limit: int, condition: str = "true") -> tuple[list[Entry], int]:
    """Return up to `limit` entries after this id, and the id of the last one (keyset pagination).

    condition: on `stored`, a row of the baseline, in SQL.
    """
    rows = fetch_rows(READ_AFTER.format(condition=condition), last_id, limit)
    return [_load(row) for row in rows], rows[-1][0] if rows else last_id


def write_entries(entries: Collection[Entry]) -> None:
    """Write these entries (upsert)."""
    if entries:
        execute(UPSERT, dump_json([_dump(entry) for entry in entries]))


def show_entries(entries: Collection[Entry]) -> None:
    """Show in the timeline what is kept in these entries."""
    _change_timeline(SHOW, entries)


def delete_entries(entries: Collection[Entry]) -> None:
    """Delete these entries, also from the timeline."""
    if entries:
        execute(DELETE, dump_json([_dump(entry) for entry in entries]))
    _change_timeline(HIDE, entries)


def _change_timeline(statement: str, entries: Collection[Entry]) -> None:
    """Run a statement for the entries of each model."""
    by_model: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        by_model[entry.key[1].model].append(_dump(entry))
    for name, documents in sorted(by_model.items()):
        table = record_models_by_name()[name]._meta.db_table
        execute(statement.format(table=table), dump_json(documents))


def _key_columns(key: SourceKey) -> dict[str, Any]:
    source_id, (record_type, scope, external_id) = key
    return {"source_id": source_id, "record_type": record_type, "scope": scope, "external_id": external_id}


def _dump(entry: Entry) -> dict[str, Any]:
    unreadable = {name: value for name, value in entry.writes.items() if isinstance(value, Invalid)}
    return _key_columns(entry.key) | {
        "clock": _replace_digest(entry.clock, str(entry.event_id)),
        "whole_clock": entry.clock,
        "event_id": entry.event_id,
        "writes": {name: value for name, value in entry.writes.items() if name not in unreadable},
        "unreadable": {name: {"key": value.key, "raw": value.raw} for name, value in unreadable.items()},
        "wrote": timeline_values(entry.writes),
    }


def _load(row: tuple[Any, ...]) -> Entry:
    _, source_id, record_type, scope, external_id, clock, event_id, writes, unreadable, digest = row
    invalid = {name: Invalid(one["key"], one["raw"]) for name, one in json.loads(unreadable).items()}
    key = (source_id, RecordKey(record_type, scope, external_id))
    return Entry(key, _replace_digest(clock, digest), event_id, json.loads(writes) | invalid)


def _replace_digest(clock: str, by: str) -> str:
    """Return a clock with something else for the body's digest; an event's place in its list stays."""
    beginning, _, digest = clock.rpartition(" ")
    return f"{beginning} {by}{digest[len(digest.partition('.')[0]) :]}"
