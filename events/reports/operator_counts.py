"""The counts beside the links of operators: cheap enough for every page, however long the log is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.utils import timezone

from entities.access.visibility import narrow, visibility_of
from entities.vendors import all_vendors
from events.models import Event
from events.refusals.counts import count_last_day

# Status, vendor, event type, time of receipt.
Row = tuple[str, str, str, datetime]
# A page reads one more than these at most: of failed and malformed events, and of the newest ignored ones.
MAX_FAILED = 100
MAX_IGNORED = 500
DRIFT_PERIOD = timedelta(days=30)


@dataclass(frozen=True)
class UnknownTypes:
    """The event types that no mapping knows, of the newest MAX_IGNORED ignored events of DRIFT_PERIOD.

    is_lower_bound: True if the period has more ignored events than were read.
    """

    count: int
    is_lower_bound: bool

    def __str__(self) -> str:
        """Return `3`, `3+`, or `0 of the newest 500` if there may be some among those that were not read."""
        if not self.is_lower_bound:
            return f"{self.count:,}"
        return f"{self.count:,}+" if self.count else f"0 of the newest {MAX_IGNORED:,}"


@dataclass(frozen=True)
class OperatorCounts:
    """The counts of events and deliveries that need attention; None where the user may not see them.

    failed: events that are failed or malformed, counted up to MAX_FAILED + 1.
    refused: deliveries that were refused in the past 24 hours.
    drift: event types that no mapping knows.
    """

    failed: int | None = None
    refused: int | None = None
    drift: UnknownTypes | None = None


def count_for_operators(user: User | AnonymousUser) -> OperatorCounts:
    """Count what the user sees, in two queries at most: one of events, and one of refusals."""
    may_view_events, may_view_refusals = (
        user.has_perm(name) for name in ("events.view_event", "events.view_refusal")
    )
    failed, drift = _count_events(user) if may_view_events else (None, None)
    refused = _count_refused(user) if may_view_refusals else None
    return OperatorCounts(failed, refused, drift)


def count_unknown_types(events: QuerySet[Event]) -> UnknownTypes:
    """Count the event types of these events that no mapping knows, in one query."""
    return _count_unknown_types(_newest(events, MAX_IGNORED + 1, Event.Status.IGNORED))


def _count_events(user: User | AnonymousUser) -> tuple[int, UnknownTypes]:
    """Return the number of failed events, and that of unknown event types."""
    events = narrow(Event.objects.all(), visibility_of(user))
    failed = _newest(events, MAX_FAILED + 1, Event.Status.FAILED, Event.Status.MALFORMED)
    ignored = _newest(events, MAX_IGNORED + 1, Event.Status.IGNORED)
    # One query for both: two short lists by one index.
    rows = list(failed.union(ignored, all=True))
    return sum(status != Event.Status.IGNORED for status, *_ in rows), _count_unknown_types(rows)


def _newest(events: QuerySet[Event], limit: int, *statuses: Event.Status) -> QuerySet:
    newest = events.filter(status__in=statuses).order_by("-id")
    return newest.values_list("status", "source__vendor", "event_type", "received_at")[:limit]


def _count_unknown_types(rows: Iterable[Row]) -> UnknownTypes:
    """Count the event types of those rows that are ignored events of the period."""
    since = timezone.now() - DRIFT_PERIOD
    ignored = [
        (vendor, event_type)
        for status, vendor, event_type, received_at in rows
        if status == Event.Status.IGNORED and received_at >= since
    ]
    unknown = {key for key in ignored[:MAX_IGNORED] if not _is_mapped(*key)}
    return UnknownTypes(len(unknown), len(ignored) > MAX_IGNORED)


def _is_mapped(vendor: str, event_type: str) -> bool:
    return vendor not in all_vendors() or event_type in all_vendors()[vendor].event_types


def _count_refused(user: User | AnonymousUser) -> int:
    return sum(refusals.count for refusals in count_last_day(visibility_of(user)))
