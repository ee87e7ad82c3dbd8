"""The counts beside the links of operators: cheap enough for every page, however long the log is."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.utils import timezone

from entities.access.visibility import narrow, visibility_of
from entities.vendors import all_vendors
from events.models import Event
from events.refusals.counts import count_last_day

# A page reads one more than these at most: of failed and malformed events, and of the newest ignored ones.
MAX_FAILED = 100
MAX_IGNORED = 500
DRIFT_PERIOD = timedelta(days=30)


@dataclass(frozen=True)
class OperatorCounts:
    """The counts of events and deliveries that need attention; None where the user may not see them.

    failed: events that are failed or malformed, counted up to MAX_FAILED + 1.
    refused: deliveries that were refused in the past 24 hours.
    drift: event types that no mapping knows, among the newest MAX_IGNORED ignored events of DRIFT_PERIOD.
    """

    failed: int | None = None
    refused: int | None = None
    drift: int | None = None


def count_for_operators(user: User | AnonymousUser) -> OperatorCounts:
    """Count what the user sees, in two queries at most: one of events, and one of refusals."""
    may_view_events, may_view_refusals = (
        user.has_perm(name) for name in ("events.view_event", "events.view_refusal")
    )
    failed, drift = _count_events(user) if may_view_events else (None, None)
    refused = _count_refused(user) if may_view_refusals else None
    return OperatorCounts(failed, refused, drift)


def _count_events(user: User | AnonymousUser) -> tuple[int, int]:
    """Return the number of failed events, and that of unknown event types."""
    failed = _newest(user, MAX_FAILED + 1, Event.Status.FAILED, Event.Status.MALFORMED)
    ignored = _newest(user, MAX_IGNORED, Event.Status.IGNORED)
    # One query for both: two short lists by one index.
    rows = list(failed.union(ignored, all=True))
    since = timezone.now() - DRIFT_PERIOD
    unknown = {
        (vendor, event_type)
        for status, vendor, event_type, received_at in rows
        if status == Event.Status.IGNORED and received_at >= since and not _is_mapped(vendor, event_type)
    }
    return sum(status != Event.Status.IGNORED for status, *_ in rows), len(unknown)


def _newest(user: User | AnonymousUser, limit: int, *statuses: Event.Status) -> QuerySet:
    events = narrow(Event.objects.filter(status__in=statuses), visibility_of(user)).order_by("-id")
    return events.values_list("status", "source__vendor", "event_type", "received_at")[:limit]


def _is_mapped(vendor: str, event_type: str) -> bool:
    return vendor not in all_vendors() or event_type in all_vendors()[vendor].event_types


def _count_refused(user: User | AnonymousUser) -> int:
    return sum(refusals.count for refusals in count_last_day(visibility_of(user)))
