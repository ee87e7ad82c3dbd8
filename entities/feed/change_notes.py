"""Notes which records a transaction has changed, so that they get a number in the feed after its commit.

A note is a row of its own: nobody waits for anybody, whichever records two batches write. The statements name
no schema, so that a batch that is applied to the shadow notes nothing (see `entities.shadow.shadow_tables`).
"""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.models import Change, ChangeNote, Record
from entities.models.introspection import model_name, record_models

CHANGE_TABLE = Change._meta.db_table
NOTE_TABLE = ChangeNote._meta.db_table
# Of notes that are written for many records at once. Numbering takes some notes at a time.
MAX_NOTED_RECORDS = 1000

ARRAYS = "record_types, record_ids, source_ids, scopes, external_ids"
INSERT_NOTE = f"""
    INSERT INTO "{NOTE_TABLE}" (noted_at, {ARRAYS})
    VALUES (clock_timestamp(), %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
"""
INSERT_NOTES = f"""
    INSERT INTO {{notes}} (noted_at, {ARRAYS})
    SELECT clock_timestamp(), array_agg(record_type), array_agg(record_id), array_agg(source_id),
        array_agg(scope), array_agg(external_id)
    FROM (
        SELECT *, (row_number() OVER () - 1) / {MAX_NOTED_RECORDS} AS part FROM ({{records}}) AS record
    ) AS record GROUP BY part
"""
IS_RECORD = "(record_type, record_id, source_id, scope, external_id) = (%s, %s, %s, %s, %s)"
RENAME_CHANGE = f'UPDATE "{CHANGE_TABLE}" SET external_id = %s WHERE {IS_RECORD}'
RENAME_NOTED = f"""
    UPDATE "{NOTE_TABLE}" note SET external_ids = (
        SELECT array_agg(CASE WHEN {IS_RECORD} THEN %s ELSE external_id END ORDER BY place)
        FROM unnest(note.record_types, note.record_ids, note.source_ids, note.scopes, note.external_ids)
            WITH ORDINALITY AS noted (record_type, record_id, source_id, scope, external_id, place)
    ) WHERE %s = ANY(external_ids)
"""
# The columns of one record of a note, wherever a statement reads notes.
UNNEST_NOTE = f"unnest({ARRAYS}) AS noted (record_type, record_id, source_id, scope, external_id)"


class ChangedRecord(NamedTuple):
    """A record that was changed. scope: as in `Change`."""

    record_type: str
    record_id: int
    source_id: int
    scope: str
    external_id: str


def note_changes(records: Collection[ChangedRecord]) -> None:
    """Note that this transaction has changed these records; call it after they were written."""
    if records:
        execute(INSERT_NOTE, *map(list, zip(*records, strict=True)))


def forget_record(record: ChangedRecord) -> None:
    """Take an erased record's id out of the feed, and note that the record is gone.

    Who keeps a copy knows it by `record_id`, and learns so that it is to go.
    """
    nameless = record._replace(external_id=f"erased-{record.record_id}")
    execute(RENAME_CHANGE, nameless.external_id, *record)
    execute(RENAME_NOTED, *record, nameless.external_id, record.external_id)
    note_changes([nameless])


def note_gone_records(model: type[Record], schema: str, condition: str) -> None:
    """Note all rows `live` of a model's table that meet a condition, before they are deleted."""
    records = f"{select_records(model, schema, 'live')} WHERE {condition}"
    execute(INSERT_NOTES.format(notes=f'"{schema}"."{NOTE_TABLE}"', records=records))


def note_records_behind(schema: str) -> None:
    """Note all records whose present state is not in the feed: see `count_records_behind`."""
    execute(INSERT_NOTES.format(notes=f'"{schema}"."{NOTE_TABLE}"', records=select_records_behind(schema)))


def count_records_behind(schema: str) -> int:
    """Return how many records have changed since they were last noted, or never were.

    Every writer notes what it writes, so there are none, unless code from before the feed has written.
    """
    return int(fetch_value(f"SELECT count(*) FROM ({select_records_behind(schema)}) AS record"))


def select_records(model: type[Record], schema: str, alias: str) -> str:
    """Return the SQL that selects a model's rows as `ChangedRecord`; a WHERE may follow."""
    return (
        f"SELECT '{model_name(model)}' AS record_type, {alias}.id AS record_id, {alias}.source_id,"
        f' {alias}."{model.scope_column}" AS scope, {alias}.external_id'
        f' FROM "{schema}"."{model._meta.db_table}" {alias}'
    )


@cache
def select_records_behind(schema: str) -> str:
    """Return the SQL that selects the records of all models that are behind, as `ChangedRecord`."""
    return " UNION ALL ".join(_select_behind(model, schema) for model in record_models())


def _select_behind(model: type[Record], schema: str) -> str:
    """Return the SQL for one model. `noted_at` is later than the `changed_at` of what was noted."""
    scope = f'live."{model.scope_column}"'
    is_noted = (
        f"noted.record_type = '{model_name(model)}' AND noted.source_id = live.source_id"
        f" AND noted.scope = {scope} AND noted.external_id = live.external_id AND noted_at >= live.changed_at"
    )
    notes = f'SELECT noted_at, noted.* FROM "{schema}"."{NOTE_TABLE}", {UNNEST_NOTE}'
    return (
        f"{select_records(model, schema, 'live')}"
        f' WHERE NOT EXISTS (SELECT FROM "{schema}"."{CHANGE_TABLE}" noted WHERE {is_noted})'
        f" AND NOT EXISTS (SELECT FROM ({notes}) AS noted WHERE {is_noted})"
    )
