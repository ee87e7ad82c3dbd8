"""The state of the log at a glance, from queries that stay cheap however long the log is.

Numbers only: `events.admin.overview_page` writes them for people.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from crmmirror.lib.database.capped_count import count_up_to
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


def read_log_state() -> LogState:
    """Count the events of each kind that staff watch, in five queries."""
    return LogState(
        received_last_day=count_up_to(_received_last_day(), MAX_COUNTED),
        pending=_count_status(Event.Status.PENDING),
        failed=_count_status(Event.Status.FAILED),
        malformed=_count_status(Event.Status.MALFORMED),
        oldest_pending_age=oldest_pending_age(),
    )


def oldest_pending_age() -> timedelta | None:
    """Return how long the oldest pending event has waited, or None if none is pending.

    The oldest is that of the lowest id: ids follow the order of receipt closely enough.
    """
    pending = Event.objects.filter(status=Event.Status.PENDING).order_by("id")
    received_at = pending.values_list("received_at", flat=True).first()
    return timezone.now() - received_at if received_at else None


def read_source_activity(sources: QuerySet[Source]) -> list[SourceActivity]:
    """Return the activity of each source, in three queries however many sources there are."""
    last_day = _count_by_source(_received_last_day().order_by("-received_at"))
    pending = _count_by_source(Event.objects.filter(status=Event.Status.PENDING).order_by("id"))
    newest = Event.objects.filter(source=OuterRef("pk")).order_by("-id")
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


def _received_last_day() -> QuerySet[Event]:
    return Event.objects.filter(received_at__gte=timezone.now() - DAY)


def _count_status(status: Event.Status) -> int:
    return count_up_to(Event.objects.filter(status=status), MAX_COUNTED)


def _count_by_source(events: QuerySet[Event]) -> Counter[int]:
    """Count the first MAX_COUNTED + 1 of the events by the id of their source."""
    return Counter(events.values_list("source_id", flat=True)[: MAX_COUNTED + 1])


def _share(sample: Counter[int], source_id: int) -> SourceCount:
    return SourceCount(sample[source_id], is_lower_bound=sample.total() > MAX_COUNTED)
