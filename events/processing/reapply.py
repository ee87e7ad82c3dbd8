"""Makes settled events pending once more, whatever became of them: applying twice changes nothing."""

from django.db import transaction
from django.db.models import QuerySet

from events.models import Event
from events.processing import wakeups

# An event that was settled has been tried; the pauses before its further tries begin anew from there.
FIRST_ATTEMPT = 1


def reapplicable(events: QuerySet[Event]) -> QuerySet[Event]:
    """Those of them that can be applied again: the others wait for that already, or are in work."""
    return events.exclude(status=Event.Status.PENDING)


def reapply(events: QuerySet[Event]) -> int:
    """How many; in one statement. What the last try said stays until the next one has ended."""
    count = (
        reapplicable(events)
        .order_by()
        .update(status=Event.Status.PENDING, attempts=FIRST_ATTEMPT, next_attempt_at=None)
    )
    transaction.on_commit(wakeups.wake)
    return count
