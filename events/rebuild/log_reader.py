"""Reads the log from its beginning, in batches and in constant memory (keyset pagination by id)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows, fetch_value
from entities.models import TimelineEntry
from entities.shadow.shadow_tables import live_table
from entities.stored_events import StoredEvent
from events.processing.claim import limit_bytes, read_events

# Speed: five times as many as a worker takes. Nobody waits for the rows of a shadow, and a record of which a
# batch has several events is read and written once. docs/speed.md has the figures.
MAX_FOLDED_EVENTS = 5_000
# An event without a timeline entry that is pending has never been applied: the live mirror does not have it
# either, and so a rebuilt one must not. One that is pending with an entry waits to be applied again.
EVENTS_AFTER = """
    SELECT id, octet_length(body) FROM events_event event
    WHERE id > %s AND event.pruned_at IS NULL
        AND (event.status <> 'pending'
            OR EXISTS (SELECT FROM {timeline} entry WHERE entry.event_id = event.id))
        AND {condition}
    ORDER BY id LIMIT %s
"""
# The planner's estimate: an exact count would read the whole log.
ESTIMATED_EVENTS = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'events_event'::regclass"


def read_log() -> Iterator[list[StoredEvent]]:
    """Yield, in the order of receipt, every event that the live mirror has processed and that has a body."""
    return _read_batches("true")


def read_settled_since(moment: datetime) -> Iterator[list[StoredEvent]]:
    """Yield, in the order of receipt, every event that was settled at or after that moment."""
    return _read_batches("event.settled_at >= %s", moment)


def read_needed_events(condition: str, before: datetime | None = None) -> Iterator[list[StoredEvent]]:
    """Yield, in the order of receipt, the events that meet an SQL condition on `event` and that were settled
    before that moment, if one is given.
    """
    if before is None:
        return _read_batches(condition)
    return _read_batches(f"{condition} AND event.settled_at < %s", before)


def estimate_log_size() -> int:
    """Return about how many events there are."""
    return int(fetch_value(ESTIMATED_EVENTS))


def _read_batches(condition: str, *parameters: Any) -> Iterator[list[StoredEvent]]:
    last_id = 0
    while batch := _read_batch_after(last_id, condition, *parameters):
        yield batch
        last_id = batch[-1].id


def _read_batch_after(last_id: int, condition: str, *parameters: Any) -> list[StoredEvent]:
    # Within a rebuild, the bare name of the timeline's table is its shadow.
    timeline = live_table(TimelineEntry._meta.db_table)
    statement = EVENTS_AFTER.format(timeline=timeline, condition=condition)
    return read_events(limit_bytes(fetch_rows(statement, last_id, *parameters, MAX_FOLDED_EVENTS)))
