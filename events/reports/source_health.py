"""The health of one source: what came last, what waits, what failed, what was refused, what is unknown."""

from dataclasses import dataclass
from datetime import datetime

from crmmirror.lib.database.capped_count import count_up_to, format_capped
from entities.access.visibility import Visibility, narrow
from events.models import Event, Source
from events.refusals.counts import DailyRefusals, count_last_day_of
from events.reports.operator_counts import UnknownTypes, count_unknown_types
from events.reports.overview import SourceCount, read_source_activity

# Failed and malformed events are counted up to here.
MAX_FAILED = 1_000


@dataclass(frozen=True)
class SourceHealth:
    """The state of a source.

    failed: failed and malformed events, counted up to MAX_FAILED + 1.
    refusals: of the past 24 hours by reason; None if the source is not seen whole.
    """

    last_event_at: datetime | None
    last_day: SourceCount
    pending: SourceCount
    failed: int
    refusals: tuple[DailyRefusals, ...] | None
    unknown_types: UnknownTypes

    @property
    def failed_label(self) -> str:
        """Return the number of failed events for people."""
        return format_capped(self.failed, MAX_FAILED)

    @property
    def refused(self) -> int:
        """Return how many deliveries were refused in the past 24 hours."""
        return sum(refusals.count for refusals in self.refusals or ())


def read_source_health(source: Source, visibility: Visibility) -> SourceHealth:
    """Return the health of one source, in six queries."""
    events = narrow(Event.objects.filter(source=source), visibility)
    unapplied = events.filter(status__in=(Event.Status.FAILED, Event.Status.MALFORMED))
    (activity,) = read_source_activity(Source.objects.filter(pk=source.pk), visibility)
    sees_whole = visibility.shows(source.pk, None)
    return SourceHealth(
        last_event_at=activity.last_event_at,
        last_day=activity.last_day,
        pending=activity.pending,
        failed=count_up_to(unapplied, MAX_FAILED),
        refusals=tuple(count_last_day_of(source.pk, visibility)) if sees_whole else None,
        unknown_types=count_unknown_types(events),
    )
