"""Groups failed and malformed events by reason: the error without its values, so that like ones match."""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from django.db.models import Count, F, Func, Max, Min, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

from crmmirror.lib.database.capped_count import count_up_to
from entities.access.visibility import EVERYTHING, Visibility, narrow
from events.models import Event

# How many of the newest events of a status are read, and how many reasons are returned.
MAX_EVENTS = 20_000
MAX_REASONS = 100
# Characters of an error that count for its reason.
MAX_REASON_LENGTH = 300

UNAPPLIED_STATUSES = (Event.Status.FAILED, Event.Status.MALFORMED)

# Pairs of a regular expression of PostgreSQL and its replacement, which remove from an error, in this order:
# the position at which JSON broke off, quoted values, all after the first sentence, and numbers.
VALUE_PATTERNS = (
    (r": line \d+ column .*$", ""),
    (r"\"[^\"]*\"|'[^']*'", "…"),
    (r"(;|\n|\. ).*$", ""),
    (r"\m0x[[:xdigit:]]+|\d+([.,]\d+)*", "…"),
)


def _replace_pattern(text: Combinable, pattern_and_replacement: tuple[str, str]) -> Combinable:
    pattern, replacement = pattern_and_replacement
    return Func(text, Value(pattern), Value(replacement), Value("g"), function="regexp_replace")


ERROR_BEGINNING: Combinable = Left("error", MAX_REASON_LENGTH)
REASON = Func(
    reduce(_replace_pattern, VALUE_PATTERNS, ERROR_BEGINNING), function="btrim", output_field=TextField()
)


@dataclass(frozen=True)
class FailureReason:
    """The events of one source and status that have the same reason.

    retries: how many of the events will be attempted again automatically.
    oldest_at, newest_at: when the first and the last of them were received. example_id: the newest event's.
    """

    source_slug: str
    status: str
    text: str
    events: int
    retries: int
    oldest_at: datetime
    newest_at: datetime
    example_id: int


@dataclass(frozen=True)
class FailureReport:
    """The reasons of the newest MAX_EVENTS events of one status, the most frequent first.

    events: how many events have the status, counted up to MAX_EVENTS + 1.
    has_more_reasons: True if there are more than the MAX_REASONS in `reasons`.
    """

    status: str
    events: int
    reasons: tuple[FailureReason, ...]
    has_more_reasons: bool


def filter_by_reason(events: QuerySet[Event], reason: str) -> QuerySet[Event]:
    """Return those of the events that have this reason, written as `FailureReason.text`."""
    return events.filter(status__in=UNAPPLIED_STATUSES).alias(reason=REASON).filter(reason=reason)


def find_failure_reasons(status: str, visibility: Visibility = EVERYTHING) -> FailureReport:
    """Group the events of this status that are seen by source and reason, in two queries."""
    newest_first = narrow(Event.objects.filter(status=status), visibility).order_by("-id")
    reasons = tuple(FailureReason(status=status, **row) for row in _group_by_reason(newest_first))
    event_count = count_up_to(newest_first, MAX_EVENTS) if reasons else 0
    return FailureReport(status, event_count, reasons[:MAX_REASONS], len(reasons) > MAX_REASONS)


def _group_by_reason(newest_first: QuerySet[Event]) -> QuerySet:
    """Return at most MAX_REASONS + 1 rows with the fields of FailureReason, except `status`."""
    return (
        Event.objects.filter(pk__in=newest_first.values("pk")[:MAX_EVENTS])
        .order_by()
        .values(source_slug=F("source__slug"), text=REASON)
        .annotate(
            events=Count("pk"),
            retries=Count("next_attempt_at"),
            oldest_at=Min("received_at"),
            newest_at=Max("received_at"),
            example_id=Max("pk"),
        )
        .order_by("-events", "source_slug", "text")[: MAX_REASONS + 1]
    )
