"""Makes events pending once more, whatever became of them: applying twice changes nothing."""

from django.db import transaction
from django.db.models import QuerySet

from events import wakeups
from events.models import Event


def apply_again(events: QuerySet[Event]) -> int:
    """How many. What the last try said stays until the next one has ended."""
    count = events.order_by().update(status=Event.Status.PENDING, next_attempt_at=None)
    transaction.on_commit(wakeups.wake)
    return count
