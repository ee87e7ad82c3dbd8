"""Claims a batch of pending events, and records what became of them; SQL only.

A claim is a row lock: it ends with the transaction, so a worker that dies gives its claim back.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields

from django.db import connection

from entities.log import Outcome, StoredEvent

BATCH_EVENTS = 500
BATCH_BYTES = 8 * 1024 * 1024
MAX_ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 10

COLUMNS = tuple(field.name for field in fields(Outcome))

CLAIM = """
    SELECT id, octet_length(body) FROM events_event
    WHERE status = 'pending' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
READ = """
    SELECT event.id, source_id, vendor, encode(digest, 'hex'), body, received_at
    FROM events_event event JOIN events_source source ON source.id = source_id
    WHERE event.id = ANY(%s) ORDER BY event.id
"""
RECORD = """
    UPDATE events_event event SET
        status = outcome.verdict,
        warnings = outcome.warnings,
        error = outcome.error,
        event_type = coalesce(outcome.event_type, event.event_type),
        occurred_at = coalesce(outcome.occurred_at, event.occurred_at),
        attempts = event.attempts + 1,
        settled_at = clock_timestamp(),
        next_attempt_at = CASE WHEN outcome.retry AND event.attempts + 1 < %s
            THEN clock_timestamp() + make_interval(secs => %s * power(4, event.attempts)) END
    FROM jsonb_to_recordset(%s::jsonb)
        AS outcome (event_id bigint, verdict text, warnings jsonb, error text, retry boolean,
            event_type text, occurred_at timestamptz)
    WHERE event.id = outcome.event_id
    RETURNING (SELECT slug FROM events_source WHERE id = event.source_id), event.status, event.attempts,
        extract(epoch FROM event.settled_at - event.received_at)::float
"""
REQUEUE = """
    UPDATE events_event SET status = 'pending', next_attempt_at = NULL
    WHERE status = 'failed' AND next_attempt_at <= now()
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """An event that was just settled: its source's slug, and the seconds since its receipt."""

    source: str
    verdict: str
    attempts: int
    seconds: float


def claim() -> list[StoredEvent]:
    """The oldest pending events that nobody has claimed, in the order of receipt; within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [BATCH_EVENTS])
        cursor.execute(READ, [list(within_bytes(cursor.fetchall()))])
        return [StoredEvent(*row) for row in cursor.fetchall()]


def within_bytes(sizes: Iterable[tuple[int, int]]) -> Iterable[int]:
    """The first ids whose bodies fit into one batch's memory; always one."""
    total = 0
    for id, size in sizes:
        if total and total + size > BATCH_BYTES:
            return
        total += size
        yield id


def record(outcomes: Iterable[Outcome]) -> list[Settled]:
    """Writes each event's status, reason and next try."""
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [MAX_ATTEMPTS, FIRST_PAUSE_SECONDS, rows(outcomes)])
        return [Settled(*row) for row in cursor.fetchall()]


def rows(outcomes: Iterable[Outcome]) -> str:
    """A JSON array of objects, for jsonb_to_recordset."""
    return json.dumps([{name: getattr(outcome, name) for name in COLUMNS} for outcome in outcomes])


def requeue() -> int:
    """Makes failed events whose next try is due pending again; how many."""
    with connection.cursor() as cursor:
        cursor.execute(REQUEUE)
        return cursor.rowcount
