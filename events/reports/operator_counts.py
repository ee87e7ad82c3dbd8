"""The counts beside the links of operators: cheap enough for every page, however long the log is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet
from django.utils import timezone

from crmmirror.lib.database.combined_queries import fetch_together
from entities.access.visibility import narrow, visibility_of
from entities.reading.fetched.fetched_plans import knows_any_type
from entities.vendors import all_vendors
from events.models import Event
from events.refusals.counts import sum_last_day

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
    """Count what the user sees, in one statement; in none if he may see no count."""
    visibility = visibility_of(user)
    events = narrow(Event.objects.all(), visibility)
    queries: dict[str, QuerySet] = {}
    if user.has_perm("events.view_event"):
        failed = _newest(events, MAX_FAILED + 1, Event.Status.FAILED, Event.Status.MALFORMED)
        queries |= {"failed": failed.values("id"), "ignored": _newest_ignored(events)}
    if user.has_perm("events.view_refusal"):
        queries["refused"] = sum_last_day(visibility)
    rows = dict(zip(queries, fetch_together(list(queries.values())), strict=True))
    return OperatorCounts(
        len(rows["failed"]) if "failed" in rows else None,
        sum(row["total"] for row in rows["refused"]) if "refused" in rows else None,
        _count_unknown_types(rows["ignored"]) if "ignored" in rows else None,
    )


def count_unknown_types(events: QuerySet[Event]) -> UnknownTypes:
    """Count the event types of these events that no mapping knows, in one query."""
    return _count_unknown_types(_newest_ignored(events))


def _newest(events: QuerySet, limit: int, *statuses: Event.Status) -> QuerySet:
    return events.filter(status__in=statuses).order_by("-id")[:limit]


def _newest_ignored(events: QuerySet[Event]) -> QuerySet:
    """Return vendor, event type, and whether the event was received in the period, of the newest ones."""
    recent: QuerySet = events.annotate(is_recent=Q(received_at__gte=timezone.now() - DRIFT_PERIOD))
    newest = _newest(recent, MAX_IGNORED + 1, Event.Status.IGNORED)
    return newest.values("source__vendor", "event_type", "is_recent")


def _count_unknown_types(rows: Iterable[Mapping[str, Any]]) -> UnknownTypes:
    """Count the event types of those rows of `_newest_ignored` that are of the period."""
    ignored = [(row["source__vendor"], row["event_type"]) for row in rows if row["is_recent"]]
    unknown = {key for key in ignored[:MAX_IGNORED] if not _is_mapped(*key)}
    return UnknownTypes(len(unknown), len(ignored) > MAX_IGNORED)


def _is_mapped(vendor: str, event_type: str) -> bool:
    return vendor not in all_vendors() or knows_any_type(all_vendors()[vendor], event_type)
