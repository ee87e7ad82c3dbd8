"""How much was refused of late, from the counts of `refusals`: they are by the hour, so about a day."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone

from events.models import RefusalCount

DAY = timedelta(days=1)
# The slug of no source.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class DailyRefusals:
    """slug: the source's, or UNKNOWN."""

    slug: str
    reason: str
    count: int


def count_last_day() -> list[DailyRefusals]:
    """By source and reason, the most first."""
    rows = _of_a_day().values_list("source__slug", "reason").annotate(total=Sum("count"))
    return [DailyRefusals(slug or UNKNOWN, reason, total) for slug, reason, total in rows.order_by("-total")]


def count_last_day_of(source_id: int) -> list[DailyRefusals]:
    rows = _of_a_day().filter(source_id=source_id).values_list("source__slug", "reason")
    return [DailyRefusals(*row) for row in rows.annotate(total=Sum("count")).order_by("-total")]


def _of_a_day() -> QuerySet[RefusalCount]:
    return RefusalCount.objects.filter(hour__gt=timezone.now() - DAY)
