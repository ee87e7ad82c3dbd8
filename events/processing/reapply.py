"""Reapplies settled events: makes them pending again, whatever their status. Idempotent for the records."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events.models import Event
from events.processing import wakeups

# A reapplied event counts as attempted once. Its back-off starts over from there, and the metrics do not take
# its next attempt for a first one: the time since its receipt says nothing about the workers' speed.
ATTEMPTS_OF_REAPPLIED = 1


@dataclass(frozen=True)
class ReappliedBatch:
    """The events that one act made pending: how many, and the time that they have as `reapplied_at`."""

    count: int
    at: datetime


def select_reapplicable(events: QuerySet[Event]) -> QuerySet[Event]:
    """Return the events that can be reapplied: all but the pending ones, which will be applied anyway, and
    the pruned ones, which have no body.
    """
    return events.exclude(status=Event.Status.PENDING).filter(pruned_at=None)


def reapply(events: QuerySet[Event]) -> ReappliedBatch:
    """Make these events pending in one statement, and wake the workers.

    The reason and the warnings of the last attempt stay until the next attempt has ended.
    """
    at = timezone.now()
    count = (
        select_reapplicable(events)
        .order_by()
        .update(
            status=Event.Status.PENDING,
            attempts=ATTEMPTS_OF_REAPPLIED,
            next_attempt_at=None,
            reapplied_at=at,
        )
    )
    transaction.on_commit(wakeups.wake)
    return ReappliedBatch(count, at)
