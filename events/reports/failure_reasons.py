"""Why events came to nothing: the errors in the log without the values in them, so that like ones are one."""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from django.db.models import Count, F, Func, Max, Min, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

from events.models import Event

# What is read of the newest events of each status, and how many reasons are told apart.
MAX_EVENTS = 20_000
MAX_REASONS = 100
MAX_LENGTH = 300

UNAPPLIED_STATUSES = (Event.Status.FAILED, Event.Status.MALFORMED)

# What to take out of an error, in PostgreSQL's regular expressions, and what to put in its place: where
# JSON broke off, quoted values, what follows the first sentence, numbers.
VALUE_PATTERNS = (
    (r": line \d+ column .*$", ""),
    (r"\"[^\"]*\"|'[^']*'", "…"),
    (r"(;|\n|\. ).*$", ""),
    (r"\m0x[[:xdigit:]]+|\d+([.,]\d+)*", "…"),
)


def _without(text: Combinable, cut: tuple[str, str]) -> Combinable:
    pattern, replacement = cut
    return Func(text, Value(pattern), Value(replacement), Value("g"), function="regexp_replace")


BEGINNING: Combinable = Left("error", MAX_LENGTH)
REASON = Func(reduce(_without, VALUE_PATTERNS, BEGINNING), function="btrim", output_field=TextField())


@dataclass(frozen=True)
class FailureReason:
    """Events of one source that ended alike. `retried`: how many of them have a next try to come."""

    source: str
    status: str
    words: str
    events: int
    retried: int
    oldest: datetime
    newest: datetime
    example: int


@dataclass(frozen=True)
class FailureReport:
    """The most frequent first.

    counted: how many events there are, at most MAX_EVENTS + 1; where there are more, the newest
        MAX_EVENTS were read. left_out: whether there are more than MAX_REASONS.
    """

    status: str
    counted: int
    found: tuple[FailureReason, ...]
    left_out: bool


def filter_by_reason(events: QuerySet[Event], reason: str) -> QuerySet[Event]:
    """Those of them that ended for that reason, in the words of `reasons`."""
    return events.filter(status__in=UNAPPLIED_STATUSES).alias(reason=REASON).filter(reason=reason)


def find_failure_reasons(status: str) -> FailureReport:
    """Two queries."""
    newest = Event.objects.filter(status=status).order_by("-id")
    rows = (
        Event.objects.filter(pk__in=newest.values("pk")[:MAX_EVENTS])
        .order_by()
        .values(slug=F("source__slug"), words=REASON)
        .annotate(
            count=Count("pk"),
            retried=Count("next_attempt_at"),
            oldest=Min("received_at"),
            latest=Max("received_at"),
            example=Max("pk"),
        )
        .order_by("-count", "slug", "words")[: MAX_REASONS + 1]
    )
    found = tuple(
        FailureReason(
            source=row["slug"],
            status=status,
            words=row["words"],
            events=row["count"],
            retried=row["retried"],
            oldest=row["oldest"],
            newest=row["latest"],
            example=row["example"],
        )
        for row in rows
    )
    counted = newest.order_by()[: MAX_EVENTS + 1].count() if found else 0
    return FailureReport(status, counted, found[:MAX_REASONS], len(found) > MAX_REASONS)
