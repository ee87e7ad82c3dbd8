"""Finds the events whose bodies are to be removed."""

from dataclasses import dataclass
from datetime import datetime

from crmmirror.lib.database.cursors import execute, fetch_rows, fetch_value
from entities.stored_events import Verdict
from events.models import Event, Source

LOG, SOURCES = Event._meta.db_table, Source._meta.db_table
# The statuses that the baseline can stand for. What is pending or failed may still be applied, and what is
# malformed can be read once its vendor's module is mended: both need the body.
PRUNABLE = (Verdict.APPLIED, Verdict.IGNORED)
# A literal, so that the planner uses the partial index `event_prunable`.
IS_PRUNABLE = f"pruned_at IS NULL AND status IN ({', '.join(repr(str(status)) for status in PRUNABLE)})"
READ_SOURCES = f"""
    SELECT id, slug, clock_timestamp() - make_interval(days => keep_days) FROM {SOURCES}
    WHERE keep_days IS NOT NULL ORDER BY slug
"""
# SKIP LOCKED: a worker or a form that holds an event may be about to change it, and is not waited for.
CLAIM = f"""
    SELECT id, octet_length(body), status, received_at FROM {LOG}
    WHERE source_id = %s AND {IS_PRUNABLE} AND received_at < %s AND (received_at, id) > (%s, %s)
    ORDER BY received_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
COUNT = f"SELECT count(*) FROM {LOG} WHERE source_id = %s AND {IS_PRUNABLE} AND received_at < %s"
COUNT_OTHERS = f"""
    SELECT count(*) FROM {LOG} WHERE source_id = %s AND received_at < %s AND pruned_at IS NULL
        AND NOT ({IS_PRUNABLE})
"""
REMOVE_BODIES = f"""
    UPDATE {LOG} SET body = '', headers = '{{}}', pruned_at = clock_timestamp() WHERE id = ANY(%s)
"""
BEGINNING = ("-infinity", 0)


@dataclass(frozen=True, slots=True)
class PrunableSource:
    """A source that keeps bodies for a number of days. received_before: what came earlier is to be pruned."""

    id: int
    slug: str
    received_before: datetime


@dataclass(frozen=True, slots=True)
class PrunableEvent:
    """An event that is to be pruned. size: of its body, in bytes."""

    id: int
    size: int
    status: Verdict
    received_at: datetime

    @property
    def place(self) -> tuple[str, int]:
        """The place in the order in which events are pruned."""
        return self.received_at.isoformat(), self.id


def read_prunable_sources() -> list[PrunableSource]:
    """Return the sources that keep bodies for a number of days."""
    return [PrunableSource(*row) for row in fetch_rows(READ_SOURCES)]


def claim_prunable(source: PrunableSource, after: tuple[str, int], limit: int) -> list[PrunableEvent]:
    """Lock the next events to prune, those received first; return them. after: the last one's place."""
    rows = fetch_rows(CLAIM, source.id, source.received_before, *after, limit)
    return [PrunableEvent(id, size, Verdict(status), at) for id, size, status, at in rows]


def count_prunable(source: PrunableSource) -> int:
    """Return how many events are to be pruned."""
    return int(fetch_value(COUNT, source.id, source.received_before))


def count_kept(source: PrunableSource) -> int:
    """Return how many events of that age keep their bodies, because they are not applied or ignored."""
    return int(fetch_value(COUNT_OTHERS, source.id, source.received_before))


def remove_bodies(event_ids: list[int]) -> int:
    """Remove bodies and headers for good; return of how many events."""
    return execute(REMOVE_BODIES, event_ids)
