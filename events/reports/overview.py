"""The state of the log at a glance, from queries that stay cheap however long the log is.

Numbers only: `events.admin.overview_page` writes them for people.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from crmmirror.lib.database.capped_count import count_each_up_to
from entities.access.visibility import EVERYTHING, Visibility, narrow
from events.models import Event, Source

MAX_COUNTED = 10_000
DAY = timedelta(days=1)


@dataclass(frozen=True)
class LogState:
    """Numbers of events, counted up to MAX_COUNTED + 1, and how long the oldest pending event has waited."""

    received_last_day: int
    pending: int
    failed: int
    malformed: int
    oldest_pending_age: timedelta | None


@dataclass(frozen=True)
class SourceCount:
    """A source's share of a sample of at most MAX_COUNTED + 1 events.

    is_lower_bound: True if the sample was full, and so the source may have more.
    """

    count: int
    is_lower_bound: bool

    def __str__(self) -> str:
        """Return `1,234`, or `1,234+` for a lower bound."""
        return f"{self.count:,}{'+' if self.is_lower_bound else ''}"


@dataclass(frozen=True)
class SourceActivity:
    """The recent activity of one source."""

    source: Source
    last_day: SourceCount
    pending: SourceCount
    last_event_at: datetime | None


def read_log_state(visibility: Visibility = EVERYTHING) -> LogState:
    """Count the events of each kind that staff watch, of those that are seen, in two queries."""
    events = narrow(Event.objects.all(), visibility)
    statuses = (Event.Status.PENDING, Event.Status.FAILED, Event.Status.MALFORMED)
    watched = [_received_last_day(events), *(events.filter(status=status) for status in statuses)]
    received, pending, failed, malformed = count_each_up_to(watched, MAX_COUNTED)
    return LogState(received, pending, failed, malformed, oldest_pending_age(visibility))


def oldest_pending_age(visibility: Visibility = EVERYTHING) -> timedelta | None:
    """Return how long the oldest pending event has waited, or None if none is pending.

    The oldest is that of the lowest id: ids follow the order of receipt closely enough.
    """
    pending = narrow(Event.objects.filter(status=Event.Status.PENDING), visibility).order_by("id")
    received_at = pending.values_list("received_at", flat=True).first()
    return timezone.now() - received_at if received_at else None


def read_source_activity(
    sources: QuerySet[Source], visibility: Visibility = EVERYTHING
) -> list[SourceActivity]:
    """Return the activity of each source, by the events that are seen, in three queries for any number."""
    events = narrow(Event.objects.all(), visibility)
    last_day = _count_by_source(_received_last_day(events).order_by("-received_at"))
    pending = _count_by_source(events.filter(status=Event.Status.PENDING).order_by("id"))
    newest = events.filter(source=OuterRef("pk")).order_by("-id")
    sources = sources.annotate(last_event_at=Subquery(newest.values("received_at")[:1]))
    return [
        SourceActivity(
            source,
            _share(last_day, source.pk),
            _share(pending, source.pk),
            getattr(source, "last_event_at", None),
        )
        for source in sources
    ]


def _received_last_day(events: QuerySet[Event]) -> QuerySet[Event]:
    return events.filter(received_at__gte=timezone.now() - DAY)


def _count_by_source(events: QuerySet[Event]) -> Counter[int]:
    """Count the first MAX_COUNTED + 1 of the events by the id of their source."""
    return Counter(events.values_list("source_id", flat=True)[: MAX_COUNTED + 1])


def _share(sample: Counter[int], source_id: int) -> SourceCount:
    return SourceCount(sample[source_id], is_lower_bound=sample.total() > MAX_COUNTED)
