"""The overview as the admin's first page shows it: figures that lead to lists, and the sources."""

from dataclasses import dataclass
from datetime import timedelta

from crmmirror.lib.admin_kit.cells import format_duration
from crmmirror.lib.database.capped_count import format_capped
from entities.access.visibility import Viewer, narrow, visibility_of
from events.models import Source
from events.refusals.counts import count_last_day
from events.reports.overview import (
    MAX_COUNTED,
    LogState,
    SourceActivity,
    read_log_state,
    read_source_activity,
)

ALARMING_AGE = timedelta(minutes=1)


@dataclass(frozen=True)
class Figure:
    """One number of the overview. `query`: the query string of the list of events that it counts."""

    label: str
    value: str
    query: str
    is_alarming: bool = False


@dataclass(frozen=True)
class Overview:
    """The content of the page. `refused`: how many deliveries were refused in the past 24 hours."""

    figures: tuple[Figure, ...]
    refused: int
    sources: tuple[SourceActivity, ...]


def build_overview(viewer: Viewer) -> Overview:
    """Read the state of the log, of the refusals and of the sources, as far as the viewer sees them."""
    visibility = visibility_of(viewer)
    return Overview(
        figures=_figures(read_log_state(visibility)),
        refused=sum(refusals.count for refusals in count_last_day(visibility)),
        sources=tuple(read_source_activity(narrow(Source.objects.all(), visibility), visibility)),
    )


def _figures(log: LogState) -> tuple[Figure, ...]:
    age = log.oldest_pending_age
    return (
        Figure("received in 24 hours", _count(log.received_last_day), "received_at=day"),
        Figure("pending", _count(log.pending), "status=pending"),
        Figure(
            "longest wait",
            format_duration(age) if age else "none",
            "status=pending",
            is_alarming=age is not None and age > ALARMING_AGE,
        ),
        Figure("failed", _count(log.failed), "status=failed", is_alarming=log.failed > 0),
        Figure("malformed", _count(log.malformed), "status=malformed", is_alarming=log.malformed > 0),
    )


def _count(counted: int) -> str:
    return format_capped(counted, MAX_COUNTED)
