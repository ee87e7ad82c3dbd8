"""The state of the log at a glance, from queries that stay cheap however long the log is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import format_duration
from crmmirror.lib.capped_count import format_capped
from events.models import Event, Source
from events.refusals.counts import count_last_day

MAX_COUNTED = 10_000
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Figure:
    """One number of the overview; `query` is the query string of the list of what it counts."""

    label: str
    value: str
    query: str
    alarming: bool = False


@dataclass(frozen=True)
class SourceLine:
    source: Source
    last_day: str
    pending: str
    last_event_at: datetime | None


@dataclass(frozen=True)
class Overview:
    """refused: deliveries within 24 hours."""

    figures: tuple[Figure, ...]
    refused: int
    sources: tuple[SourceLine, ...]


def build_overview() -> Overview:
    refused = sum(tally.count for tally in count_last_day())
    return Overview(tuple(_figures()), refused, tuple(source_lines(Source.objects.all())))


def _figures() -> list[Figure]:
    age = oldest_pending_age()
    failed, malformed = (_count(status) for status in (Event.Status.FAILED, Event.Status.MALFORMED))
    last_day = len(_source_ids(_since_yesterday()))
    return [
        Figure("received in 24 hours", format_capped(last_day, MAX_COUNTED), "received_at=day"),
        Figure("pending", format_capped(_count(Event.Status.PENDING), MAX_COUNTED), "status=pending"),
        Figure(
            "waiting longest",
            format_duration(age) if age else "none waits",
            "status=pending",
            alarming=bool(age and age > timedelta(minutes=1)),
        ),
        Figure("failed", format_capped(failed, MAX_COUNTED), "status=failed", alarming=failed > 0),
        Figure(
            "malformed", format_capped(malformed, MAX_COUNTED), "status=malformed", alarming=malformed > 0
        ),
    ]


def oldest_pending_age() -> timedelta | None:
    """Ids follow the order of receipt closely enough."""
    pending = Event.objects.filter(status=Event.Status.PENDING).order_by("id")
    received_at = pending.values_list("received_at", flat=True).first()
    return timezone.now() - received_at if received_at else None


def source_lines(sources: QuerySet[Source]) -> list[SourceLine]:
    """Three queries, however many sources there are."""
    last_day = Counter(_source_ids(_since_yesterday()))
    pending = Counter(_source_ids(Event.objects.filter(status=Event.Status.PENDING).order_by("id")))
    newest = Event.objects.filter(source=OuterRef("pk")).order_by("-id")
    sources = sources.annotate(last_event_at=Subquery(newest.values("received_at")[:1]))
    return [
        SourceLine(
            source, _of(last_day, source.pk), _of(pending, source.pk), getattr(source, "last_event_at", None)
        )
        for source in sources
    ]


def _of(counted: Counter[int], source_id: int) -> str:
    """A source's share of a sample: at least so many where the sample was full."""
    more = "+" if counted.total() > MAX_COUNTED else ""
    return f"{counted[source_id]:,}{more}"


def _count(status: Event.Status) -> int:
    return Event.objects.filter(status=status).order_by()[: MAX_COUNTED + 1].count()


def _since_yesterday() -> QuerySet[Event]:
    return Event.objects.filter(received_at__gte=timezone.now() - DAY).order_by("-received_at")


def _source_ids(events: QuerySet[Event]) -> list[int]:
    return list(events.values_list("source_id", flat=True)[: MAX_COUNTED + 1])
