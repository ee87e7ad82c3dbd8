"""The Celery tasks: they only wake; what there is to do stands in the database."""

from celery import shared_task

from events import drain as backlog
from events.claim import requeue

SLICE_SECONDS = 5.0


@shared_task(name="events.tasks.drain")
def drain() -> int:
    """Drains for a slice of time, so that a worker can stop in between; goes on if anything is left."""
    settled = backlog.drain(SLICE_SECONDS)
    if backlog.pending_left():
        drain.delay()
    return settled


@shared_task(name="events.tasks.sweep")
def sweep() -> int:
    """Every few seconds, by beat: retries what is due, and drains what no wake-up came for."""
    requeue()
    return drain()
