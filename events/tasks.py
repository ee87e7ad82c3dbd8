"""The Celery tasks: they only wake; what there is to do stands in the database."""

from collections.abc import Callable

from celery import shared_task
from django.db import Error

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.transient_errors import is_transient
from events.processing.drain import drain_backlog, has_pending_events
from events.processing.outcomes import requeue_due_events
from events.processing.wakeups import wake_now

SLICE_SECONDS = 5.0

database_circuit = CircuitBreaker("database")


@shared_task(name="events.tasks.drain")
def drain() -> int:
    """Drains for a slice of time, so that a worker can stop in between; goes on if anything is left."""
    return _unless_away(_drain)


@shared_task(name="events.tasks.sweep")
def sweep() -> int:
    """Every few seconds, by beat: retries what is due, and drains what no wake-up came for."""
    return _unless_away(_sweep)


def _drain() -> int:
    settled = drain_backlog(SLICE_SECONDS)
    if has_pending_events():
        wake_now()
    return settled


def _sweep() -> int:
    requeue_due_events()
    return _drain()


def _unless_away(work: Callable[[], int]) -> int:
    """What the work returns; 0 where the database is away: the next sweep tries again.

    A task that fails sends its traceback to Celery's main process, which stops reading it half-way
    when it loses the broker just then (celery 5.7), and gives that worker no task ever after.
    """
    try:
        done = work()
    except Error as error:
        if not is_transient(error):
            raise
        database_circuit.record_failure(error)
        return 0
    database_circuit.record_success()
    return done
