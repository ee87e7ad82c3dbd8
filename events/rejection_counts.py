"""How much was refused of late, from the counts of `rejections`: they are by the hour, so about a day."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone

from events.models import RejectionCount

DAY = timedelta(days=1)
# The slug of no source.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Tally:
    """slug: the source's, or UNKNOWN."""

    slug: str
    reason: str
    count: int


def last_day() -> list[Tally]:
    """By source and reason, the most first."""
    rows = _of_a_day().values_list("source__slug", "reason").annotate(total=Sum("count"))
    return [Tally(slug or UNKNOWN, reason, total) for slug, reason, total in rows.order_by("-total")]


def last_day_of(source_id: int) -> list[Tally]:
    rows = _of_a_day().filter(source_id=source_id).values_list("source__slug", "reason")
    return [Tally(*row) for row in rows.annotate(total=Sum("count")).order_by("-total")]


def _of_a_day() -> QuerySet[RejectionCount]:
    return RejectionCount.objects.filter(hour__gt=timezone.now() - DAY)
