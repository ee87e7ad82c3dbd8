"""Counts of the refusals of about the last 24 hours: they are stored by the hour."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone

from entities.access.visibility import EVERYTHING, Visibility, narrow
from events.models import RefusalCount

DAY = timedelta(days=1)
# Stands in place of a slug if the source is not known.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class DailyRefusals:
    """The refusals of one source and reason. slug: the source's, or UNKNOWN."""

    slug: str
    reason: str
    count: int


def count_last_day(visibility: Visibility = EVERYTHING) -> list[DailyRefusals]:
    """Return the counts that are seen by source and reason, largest first."""
    return _describe(sum_last_day(visibility))


def count_last_day_of(source_id: int, visibility: Visibility = EVERYTHING) -> list[DailyRefusals]:
    """Return the counts of one source by reason, largest first; none if the source is not seen whole."""
    return _describe(sum_last_day(visibility).filter(source_id=source_id))


def sum_last_day(visibility: Visibility) -> QuerySet:
    """Return the rows source__slug, reason and total that are seen, largest first."""
    recent = narrow(RefusalCount.objects.all(), visibility).filter(hour__gt=timezone.now() - DAY)
    return recent.values("source__slug", "reason").annotate(total=Sum("count")).order_by("-total")


def _describe(sums: QuerySet) -> list[DailyRefusals]:
    return [DailyRefusals(row["source__slug"] or UNKNOWN, row["reason"], row["total"]) for row in sums]
