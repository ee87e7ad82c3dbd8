"""Inserts events into the log; events that arrive at the same time share a transaction.

Idempotent: an event that the log has already, by (source, digest of the body), is found and not stored again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from crmmirror.lib.database.transient_errors import is_transient
from events.ingest.group_commit import GroupCommit
from events.ingest.new_event import EVENT_COLUMNS, INPUT_TYPES, NewEvent, encode_events
from events.models import Event, Source
from events.sources.lookup import SOURCE_VERSION

# A group whose bodies are larger in sum is inserted one event at a time: a statement holds all its bodies.
MAX_GROUP_BYTES = 8 * 1024 * 1024

LOG, SOURCES = Event._meta.db_table, Source._meta.db_table
INCOMING = f"json_to_recordset(%s::json) AS incoming ({', '.join(map(' '.join, INPUT_TYPES.items()))})"
IS_CURRENT = f"(incoming.version IS NULL OR (source.active AND {SOURCE_VERSION} = incoming.version))"
# In the order of the unique key, so that no two transactions wait for each other (deadlock).
INSERT = f"""
    INSERT INTO {LOG} ({", ".join(EVENT_COLUMNS)})
    SELECT {", ".join(f"incoming.{column}" for column in EVENT_COLUMNS)}
    FROM {INCOMING} JOIN {SOURCES} source ON source.id = incoming.source_id
    WHERE {IS_CURRENT}
    ORDER BY incoming.source_id, incoming.digest
    ON CONFLICT (source_id, digest) DO NOTHING
    RETURNING source_id, digest, id
"""
# For each event, in the given order: its id if the log has it, and whether its source is unchanged.
FIND = f"""
    SELECT
        (SELECT id FROM {LOG} WHERE source_id = incoming.source_id AND digest = incoming.digest),
        EXISTS (SELECT FROM {SOURCES} source WHERE source.id = incoming.source_id AND {IS_CURRENT})
    FROM {INCOMING}
"""


@dataclass(frozen=True, slots=True)
class InsertedEvent:
    """The place of an event in the log. is_new: False if the log had the event before."""

    event_id: int
    is_new: bool


class SourceChanged(Exception):
    """The source has changed since the delivery was checked against it; the event is not stored."""


InsertResult = InsertedEvent | Exception


def insert_event(event: NewEvent) -> InsertedEvent:
    """Insert the event, or find it if the log has it; committed on return, unless in a transaction.

    Raises SourceChanged and whatever the database raises; the event is not stored then.
    """
    result = _group_commit.submit(event)
    if isinstance(result, Exception):
        raise result
    return result


def _insert_group(events: Sequence[NewEvent]) -> list[InsertResult]:
    """Return each event's place or its own error. Raises errors that concern all, as of a lost connection."""
    if len(events) > 1 and sum(len(event.body) for event in events) > MAX_GROUP_BYTES:
        return list(_insert_one_by_one(events))
    try:
        return _insert_together(events)
    except DatabaseError as error:
        if len(events) == 1 or is_transient(error):
            raise
        return list(_insert_one_by_one(events))


def _insert_one_by_one(events: Sequence[NewEvent]) -> Iterator[InsertResult]:
    for event in events:
        try:
            yield from _insert_together([event])
        except DatabaseError as error:
            yield error


def _insert_together(events: Sequence[NewEvent]) -> list[InsertResult]:
    """Return each event's place, or SourceChanged.

    Repeats for events that are neither inserted nor found: the row that stood in their way was just deleted.
    """
    results: dict[int, InsertResult] = {}
    while left := [index for index in range(len(events)) if index not in results]:
        inserted = _run(INSERT, [events[index] for index in left])
        new_ids = {(source_id, bytes(digest)): event_id for source_id, digest, event_id in inserted}
        for index in left:
            # pop: of two equal events in one group, the first is new and the second its duplicate.
            if event_id := new_ids.pop((events[index].source_id, events[index].digest), None):
                results[index] = InsertedEvent(event_id, True)
        results |= _find(events, [index for index in left if index not in results])
    return [results[index] for index in range(len(events))]


def _find(events: Sequence[NewEvent], indexes: Sequence[int]) -> dict[int, InsertResult]:
    """Return, by index, the events that the log had before, and SourceChanged if the source has changed."""
    if not indexes:
        return {}
    rows = zip(indexes, _run(FIND, [events[index] for index in indexes]), strict=True)
    return {
        index: InsertedEvent(event_id, False) if is_current else SourceChanged()
        for index, (event_id, is_current) in rows
        if event_id is not None or not is_current
    }


def _run(statement: str, events: Sequence[NewEvent]) -> list[tuple[Any, ...]]:
    # Speed: prepares the statement, which Django's cursors do not, so that the server plans it once per
    # connection. See docs/speed.md.
    with connection.wrap_database_errors, connection.borrow() as borrowed:  # type: ignore[attr-defined]
        cursor = psycopg.Cursor(borrowed)
        return cursor.execute(statement, [encode_events(events)], prepare=True).fetchall()


# Speed: deliveries that arrive at the same time share one transaction, and so one flush to disk.
# See docs/speed.md.
_group_commit: GroupCommit[NewEvent, InsertResult] = GroupCommit(_insert_group)
