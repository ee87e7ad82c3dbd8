"""List filters whose choices are known without reading the table, which may have millions of rows."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest

Lookups = list[tuple[str, str]]


@dataclass(frozen=True)
class Period:
    """A time up to now, or whole days up to the end of today, by the calendar of the active time zone.

    length: how long it is; of whole days, how many there are before today.
    """

    label: str
    length: timedelta
    is_whole_days: bool = True


PERIODS = {
    "hour": Period("past hour", timedelta(hours=1), is_whole_days=False),
    "day": Period("past 24 hours", timedelta(hours=24), is_whole_days=False),
    "today": Period("today", timedelta(days=0)),
    "week": Period("past 7 days", timedelta(days=7)),
    "month": Period("past 30 days", timedelta(days=30)),
    "year": Period("past 365 days", timedelta(days=365)),
}
OTHER_CHOICE = "other"
# A filter with at least this many choices is folded, so that it does not push the others off the screen.
MIN_FOLDED_CHOICES = 12
# Ids of up to 18 digits fit PostgreSQL's bigint.
ID_PATTERN = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class FilterInput:
    """One input of a filter in a form.

    label: beside the filter's title; empty for a filter of one input. choices: value and label of a select;
    empty for any other input, whose type is `kind`: `date` or `text`.
    """

    name: str
    label: str
    value: str
    choices: list[tuple[str, str]]
    kind: str = "select"


class FoldedFilter(SimpleListFilter):
    """A filter that is folded below "More filters", unless it is `is_prominent`.

    It takes only the choices that it offers: with any other, the list would be the whole one, without a word.

    unset_label: what the list shows while the filter is not used.
    """

    is_prominent = False
    unset_label = "any"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: ModelAdmin
    ) -> None:
        super().__init__(request, params, model, model_admin)
        name = self.parameter_name or ""
        choice = self.used_parameters.get(name)
        choices = [str(offered) for offered, _ in self.lookup_choices]
        if choice is not None and choice not in choices:
            hint = f"it has: {', '.join(choices)}" if choices else "it has none"
            raise UnusableRequest(f"The filter {name!r} has no choice {shorten(choice)!r}; {hint}")

    @property
    def inputs(self) -> list[FilterInput]:
        """The filter as a form shows it: one select."""
        chosen = self.value() if self.parameter_name in self.used_parameters else ""
        choices = [(str(value), str(label)) for value, label in self.lookup_choices]
        return [FilterInput(self.parameter_name or "", "", chosen or "", [("", self.unset_label), *choices])]

    def describe_value(self, name: str) -> str:
        """Return what the filter is set to by the parameter of this name, for people."""
        labels = {str(value): str(label) for value, label in self.lookup_choices}
        return labels.get(self.value() or "", self.value() or "")


class SourceFilter(FoldedFilter):
    """Narrows a list to the rows of one source; it is hidden while there is only one source."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        sources = model_admin.model._meta.get_field("source").related_model._default_manager.all()
        return [(source.slug, str(source)) for source in model_admin.visible_rows(request, sources)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(source__slug=self.value()) if self.value() else queryset


def period_filter(column: str, heading: str) -> type[SimpleListFilter]:
    """Make a filter for rows whose time in a column lies in a recent period, such as the past hour."""

    class PeriodFilter(FoldedFilter):
        title = heading
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            return [(name, period.label) for name, period in PERIODS.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            if (name := self.value()) is None:
                return queryset
            return queryset.filter(**_bounds(column, PERIODS[name], timezone.now()))

    return PeriodFilter


def _bounds(column: str, period: Period, now: datetime) -> dict[str, datetime]:
    """Return the lookups of a period. Whole days end with today: a vendor's time may be in the future."""
    if not period.is_whole_days:
        return {f"{column}__gte": now - period.length}
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    first, after = today - period.length, today + timedelta(days=1)
    return {
        f"{column}__gte": datetime.combine(first, time.min, zone),
        f"{column}__lt": datetime.combine(after, time.min, zone),
    }


def word_filter(
    column: str, words: tuple[str, ...], heading: str = "", has_other: bool = True
) -> type[SimpleListFilter]:
    """Make a filter for rows with one of these words in a column.

    has_other: offer a choice "other" for rows with any other word.
    """

    class WordFilter(FoldedFilter):
        title = heading or column.replace("_", " ")
        parameter_name = column
        is_prominent = len(words) < MIN_FOLDED_CHOICES

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            choices = [(word, word_label(word)) for word in words]
            return [*choices, (OTHER_CHOICE, "other")] if has_other else choices

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            word = self.value()
            if has_other and word == OTHER_CHOICE:
                return queryset.filter(**{f"{column}__isnull": False}).exclude(**{f"{column}__in": words})
            return queryset.filter(**{column: word}) if word is not None else queryset

    return WordFilter


def word_label(word: str) -> str:
    """Return a word for people: in_review -> in review. Event types such as deal.stage_changed stay."""
    return word if "." in word else word.replace("_", " ")
