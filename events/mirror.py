"""Makes the mirror anew from the log, beside the live one: to replace it, or to compare with it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from entities import differences, lock, shadow
from entities.differences import Difference
from entities.log import Outcome, StoredEvent
from entities.settle import settle
from events import log
from events.claim import rows

Progress = Callable[[int], object]
"""Called with the number of events that were folded since the last call."""

JUDGED = """
    CREATE TEMPORARY TABLE judged (
        event_id bigint, verdict text, warnings jsonb, error text, event_type text, occurred_at timestamptz
    ) ON COMMIT DROP
"""
JUDGE = """
    INSERT INTO judged SELECT * FROM jsonb_to_recordset(%s::jsonb) AS outcome (
        event_id bigint, verdict text, warnings jsonb, error text, event_type text, occurred_at timestamptz
    )
"""
RECORD_JUDGED = """
    UPDATE events_event event
    SET status = verdict, warnings = now.warnings, error = now.error, next_attempt_at = NULL,
        settled_at = clock_timestamp(),
        event_type = coalesce(now.event_type, event.event_type),
        occurred_at = coalesce(now.occurred_at, event.occurred_at)
    FROM (SELECT DISTINCT ON (event_id) * FROM judged ORDER BY event_id, verdict) now
    WHERE event.id = event_id AND event.status <> 'pending'
        AND (event.status, event.warnings, event.error, event.event_type, event.occurred_at)
            IS DISTINCT FROM (verdict, now.warnings, now.error, coalesce(now.event_type, event.event_type),
                coalesce(now.occurred_at, event.occurred_at))
"""


@dataclass(frozen=True)
class Rebuilt:
    """rows: of records and timelines that changed; events: whose status, warnings or reason changed."""

    rows: int
    events: int


@dataclass(frozen=True)
class Verified:
    """events: folded; rows: that differ; differences: the first of their cells."""

    events: int
    rows: int
    differences: list[Difference]


def rebuild(progress: Progress) -> Rebuilt:
    """Replaces the mirror in one transaction. Events may keep coming, and being applied, meanwhile."""
    with transaction.atomic():
        # In this order: who settled before `started` held the lock by then, and is waited for.
        started = _now()
        lock.wait_for_others()
        with _folding():
            _run(JUDGED)
            _fold(log.heard(), progress, _judge)
            lock.hold_alone()
            _fold(log.settled_since(started), progress, _judge)
        return Rebuilt(shadow.land(), _run(RECORD_JUDGED))


def verify(progress: Progress, limit: int) -> Verified:
    """Compares the mirror with one made anew from the events that it has heard; changes nothing.

    One snapshot serves both sides, so events may keep coming, and being applied, meanwhile.
    """
    with transaction.atomic():
        _run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with _folding():
            events = _fold(log.heard(), progress)
        count = differences.count_differing()
        return Verified(events, count, list(differences.differences(limit)) if count else [])


@contextmanager
def _folding() -> Iterator[None]:
    shadow.open_shadow()
    yield
    shadow.close_shadow()


def _fold(
    batches: Iterable[list[StoredEvent]],
    progress: Progress,
    judge: Callable[[list[Outcome]], object] = lambda outcomes: None,
) -> int:
    folded = 0
    for batch in batches:
        judge(settle(batch))
        folded += len(batch)
        progress(len(batch))
    return folded


def _judge(outcomes: list[Outcome]) -> None:
    _run(JUDGE, rows(outcomes))


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _run(statement: str, *parameters: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.rowcount
