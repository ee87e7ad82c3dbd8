"""Reads the log from its beginning, in batches and in constant memory."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from entities.models import TimelineEntry
from entities.shadow.shadow_tables import live_table
from entities.stored_events import StoredEvent
from events.processing.claim import MAX_BATCH_EVENTS, READ_EVENTS, limit_bytes

# What the live mirror holds, or has judged: all that is settled, and what waits to be applied again.
APPLIED_BEFORE = """
    (event.status <> 'pending' OR EXISTS (SELECT FROM {timeline} entry WHERE entry.event_id = event.id))
"""


def read_log() -> Iterator[list[StoredEvent]]:
    """Every event that the live mirror has heard, in the order of receipt."""
    return _batches("true", [])


def read_settled_since(moment: datetime) -> Iterator[list[StoredEvent]]:
    """Those of them that were settled at or after that moment."""
    return _batches("event.settled_at >= %s", [moment])


def estimate_log_size() -> int:
    """About how many events there are, as the planner has it: exact counting reads them all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'events_event'::regclass"
        )
        return int(cursor.fetchone()[0])


def _batches(condition: str, parameters: list[Any]) -> Iterator[list[StoredEvent]]:
    last = 0
    while batch := _after(last, condition, parameters):
        yield batch
        last = batch[-1].id


def _after(last: int, condition: str, parameters: list[Any]) -> list[StoredEvent]:
    timeline = live_table(TimelineEntry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, octet_length(body) FROM events_event event WHERE id > %s"
            f" AND {APPLIED_BEFORE.format(timeline=timeline)} AND {condition} ORDER BY id LIMIT %s",
            [last, *parameters, MAX_BATCH_EVENTS],
        )
        cursor.execute(READ_EVENTS, [list(limit_bytes(cursor.fetchall()))])
        return [StoredEvent(*row) for row in cursor.fetchall()]
