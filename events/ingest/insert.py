"""Writes events into the log, each once; those that come at the same time in one transaction."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from crmmirror.lib.transient_errors import is_transient
from events.ingest.group_commit import GroupCommit
from events.models import Event, Source
from events.sources.lookup import SOURCE_VERSION

# Larger bodies than these go into the log one by one.
MAX_GROUP_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A row of the log to be; the fields of `events.models.Event`.

    digest: SHA-256 of the body. occurred_at, received_at, settled_at: aware; settled_at is None
        where a worker is to settle it. error: why it is malformed; else empty.
    version: what its source's is to be still (see `events.sources.lookup.ActiveSource`); None for any.
    """

    source_id: int
    digest: bytes
    body: bytes
    headers: dict[str, str]
    event_type: str
    occurred_at: datetime
    received_at: datetime
    status: str
    settled_at: datetime | None
    warnings: Sequence[str]
    error: str
    version: str | None

    def in_json(self) -> dict[str, Any]:
        """As INSERT and FIND read it."""
        return {
            "source_id": self.source_id,
            "digest": self.digest.hex(),
            "body": self.body.hex(),
            "headers": self.headers,
            "event_type": self.event_type,
            "occurred_at": self.occurred_at.isoformat(),
            "received_at": self.received_at.isoformat(),
            "status": self.status,
            "settled_at": self.settled_at and self.settled_at.isoformat(),
            "warnings": self.warnings,
            "error": self.error,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class InsertedEvent:
    """is_new: false where the source had the event already."""

    event_id: int
    is_new: bool


class SourceChanged(Exception):
    """The source is not any more what the delivery was checked against."""


LOG, SOURCES = Event._meta.db_table, Source._meta.db_table
NEW_EVENTS = """
    json_to_recordset(%s::json) AS said (
        source_id bigint, digest text, body text, headers jsonb, event_type text, occurred_at timestamptz,
        received_at timestamptz, status text, settled_at timestamptz, warnings jsonb, error text, version text
    )
"""
IS_CURRENT = f"(said.version IS NULL OR (source.active AND {SOURCE_VERSION} = said.version))"
# In the order of keys: no two transactions wait for each other.
INSERT = f"""
    INSERT INTO {LOG} (
        source_id, digest, body, headers, event_type, occurred_at, received_at, status, settled_at,
        warnings, error
    )
    SELECT said.source_id, decode(said.digest, 'hex'), decode(said.body, 'hex'), said.headers,
        said.event_type, said.occurred_at, said.received_at, said.status, said.settled_at,
        said.warnings, said.error
    FROM {NEW_EVENTS} JOIN {SOURCES} source ON source.id = said.source_id
    WHERE {IS_CURRENT}
    ORDER BY said.source_id, said.digest
    ON CONFLICT (source_id, digest) DO NOTHING
    RETURNING source_id, digest, id
"""
FIND = f"""
    SELECT
        (SELECT id FROM {LOG} WHERE source_id = said.source_id AND digest = decode(said.digest, 'hex')),
        EXISTS (SELECT FROM {SOURCES} source WHERE source.id = said.source_id AND {IS_CURRENT})
    FROM {NEW_EVENTS}
"""


def insert_event(incoming: NewEvent) -> InsertedEvent:
    """The event's place in the log; committed on return, outside of a transaction.

    Raises Stale, and what the database raises: then it is not stored.
    """
    found = _together.submit(incoming)
    if isinstance(found, Exception):
        raise found
    return found


def _write(rows: Sequence[NewEvent]) -> list[InsertedEvent | Exception]:
    """Raises what says nothing about a single row, such as that the database is away."""
    if len(rows) > 1 and sum(len(row.body) for row in rows) > MAX_GROUP_BYTES:
        return list(_one_by_one(rows))
    try:
        return _insert(rows)
    except DatabaseError as error:
        if len(rows) == 1 or is_transient(error):
            raise
        return list(_one_by_one(rows))


def _one_by_one(rows: Sequence[NewEvent]) -> Iterator[InsertedEvent | Exception]:
    """Of each row its place or its own error."""
    for row in rows:
        try:
            yield from _insert([row])
        except DatabaseError as error:
            yield error


def _insert(rows: Sequence[NewEvent]) -> list[InsertedEvent | Exception]:
    """Each row's place, or Stale: tried again where what stood in its way has just gone."""
    done: dict[int, InsertedEvent | Exception] = {}
    while left := [place for place in range(len(rows)) if place not in done]:
        found = _run(INSERT, [rows[place] for place in left])
        new = {(source, bytes(digest)): id for source, digest, id in found}
        for place in left:
            if event_id := new.pop((rows[place].source_id, rows[place].digest), None):
                done[place] = InsertedEvent(event_id, True)
        done |= _find(rows, [place for place in left if place not in done])
    return [done[place] for place in range(len(rows))]


def _find(rows: Sequence[NewEvent], places: Sequence[int]) -> dict[int, InsertedEvent | Exception]:
    """Those that were in the log before, and those whose source is another now, by place."""
    if not places:
        return {}
    found = zip(places, _run(FIND, [rows[place] for place in places]), strict=True)
    return {
        place: InsertedEvent(event_id, False) if is_current else SourceChanged()
        for place, (event_id, is_current) in found
        if event_id is not None or not is_current
    }


def _run(statement: str, rows: Sequence[NewEvent]) -> list[tuple[Any, ...]]:
    """Prepared, which Django's own cursors are not: planning costs the server as much as the work."""
    with connection.wrap_database_errors:
        connection.ensure_connection()
        cursor = psycopg.Cursor(connection.connection)
        return cursor.execute(
            statement, [json.dumps([row.in_json() for row in rows])], prepare=True
        ).fetchall()


_together: GroupCommit[NewEvent, InsertedEvent | Exception] = GroupCommit(_write)
