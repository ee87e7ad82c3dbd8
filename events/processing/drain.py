"""Drains the backlog: claims, settles and records, one transaction a batch, until none is pending."""

import random
import time
from collections import Counter
from collections.abc import Iterator

import structlog
from django.db import Error, connection, transaction

from crmmirror.lib.transient_errors import is_transient
from entities.writing.mirror_lock import lock_for_applying
from entities.writing.process_batch import process_batch
from events.monitoring.metrics import count_settled
from events.processing.claim import claim_batch
from events.processing.outcomes import record_outcomes

log = structlog.get_logger(__name__)

# How long to wait before each next try after a deadlock, a lost connection and the like, in seconds.
BACKOFF_SECONDS = (0.05, 0.2, 0.8, 2.0)


def drain_backlog(seconds: float | None = None) -> int:
    """Settles pending events until none is left or the time is up; how many it settled.

    Raises django.db.Error where the database stays away: what is pending stays so.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    return sum(iter(lambda: 0 if _is_over(deadline) else _settle_batch(), 0))


def has_pending_events() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM events_event WHERE status = 'pending')")
        return bool(cursor.fetchone()[0])


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _settle_batch() -> int:
    for pause in _pauses():
        try:
            return _try_batch()
        except Error as error:
            if pause is None or not is_transient(error):
                raise
            log.info("batch_retried", error=type(error.__cause__ or error).__name__, pause=pause)
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
    raise AssertionError("unreachable: the last pause is None")


def _pauses() -> Iterator[float | None]:
    yield from BACKOFF_SECONDS
    yield None


def _try_batch() -> int:
    started = time.monotonic()
    with transaction.atomic():
        lock_for_applying()
        events = claim_batch()
        outcomes = process_batch(events)
        settled = record_outcomes(outcomes)
    if events:
        count_settled(settled)
        verdicts = Counter(str(outcome.verdict) for outcome in outcomes)
        log.info(
            "batch_settled", events=len(events), seconds=round(time.monotonic() - started, 3), **verdicts
        )
    return len(events)
