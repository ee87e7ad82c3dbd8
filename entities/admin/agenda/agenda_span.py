"""The days that an agenda shows: one, a week from Monday on, or a month; read from the address."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest

DAY = timedelta(days=1)
# Far enough from the ends of the calendar that every day has one before and after it in every time zone.
MIN_DAY, MAX_DAY = date(1900, 1, 1), date(2199, 12, 31)
# Kind of span -> its first day, for one of its days.
FIRST_DAYS: Mapping[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - day.weekday() * DAY,
    "month": lambda day: day.replace(day=1),
}
KINDS = tuple(FIRST_DAYS)
# Kind of span -> how an address writes it, and as a hint.
NOTATIONS = {
    "day": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "2026-11-26"),
    "week": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "one of its days, such as 2026-11-26"),
    "month": (re.compile(r"[0-9]{4}-[0-9]{2}"), "2026-11"),
}


@dataclass(frozen=True)
class Span:
    """Days one after another. kind: one of KINDS."""

    kind: str
    days: tuple[date, ...]

    @property
    def previous(self) -> "Span | None":
        """Return the span before this one; None before the first that can be asked for."""
        return self._beside(self.days[0] - DAY)

    @property
    def next(self) -> "Span | None":
        """Return the span after this one; None after the last that can be asked for."""
        return self._beside(self.days[-1] + DAY)

    def anchor(self, today: date) -> date:
        """Return the day by which a span of another kind is reached from this one: today, or the first."""
        return today if today in self.days else max(self.days[0], MIN_DAY)

    def value(self, day: date) -> str:
        """Return how an address writes the span of this kind that holds the day."""
        return f"{day:%Y-%m}" if self.kind == "month" else day.isoformat()

    def _beside(self, day: date) -> "Span | None":
        return make_span(self.kind, day) if MIN_DAY <= day <= MAX_DAY else None


def make_span(kind: str, day: date) -> Span:
    """Return the span of a kind that holds a day."""
    first = FIRST_DAYS[kind](day)
    days = [first]
    while kind != "day" and FIRST_DAYS[kind](days[-1] + DAY) == first:
        days.append(days[-1] + DAY)
    return Span(kind, tuple(days))


def read_span(request: HttpRequest, today: date) -> Span:
    """Return the span in the address; today by default. Raises UnusableRequest."""
    given = [kind for kind in KINDS if request.GET.get(kind)]
    if len(given) > 1:
        raise UnusableRequest(
            f"An agenda is of one {' or '.join(KINDS)}; the address has {' and '.join(given)}"
        )
    if not given:
        return make_span(next((kind for kind in KINDS if kind in request.GET), "day"), today)
    return make_span(given[0], _read_day(given[0], request.GET[given[0]]))


def _read_day(kind: str, text: str) -> date:
    pattern, hint = NOTATIONS[kind]
    try:
        day = (
            date.fromisoformat(text if kind != "month" else f"{text}-01") if pattern.fullmatch(text) else None
        )
    except ValueError:
        day = None
    if day is None or not MIN_DAY <= day <= MAX_DAY:
        raise UnusableRequest(
            f"An agenda takes a {kind} as {hint}, from {MIN_DAY.year} to"
            f" {MAX_DAY.year}, not {shorten(text)!r}"
        )
    return day
