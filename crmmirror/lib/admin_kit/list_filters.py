"""Filters whose choices are known without reading the table."""

import re
from datetime import timedelta

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

Lookups = list[tuple[str, str]]

PERIODS = {
    "hour": ("past hour", timedelta(hours=1)),
    "day": ("past 24 hours", timedelta(days=1)),
    "week": ("past 7 days", timedelta(days=7)),
    "month": ("past 30 days", timedelta(days=30)),
    "year": ("past 365 days", timedelta(days=365)),
}
OTHER = "other"
# So many choices are folded.
MAX_UNFOLDED_CHOICES = 12
ID_PATTERN = re.compile(r"[0-9]{1,18}")


class FoldedFilter(SimpleListFilter):
    """One that is folded until it is used, unless it is `is_prominent`."""

    template = "entities/filter.html"
    is_prominent = False

    @property
    def is_open(self) -> bool:
        return self.is_prominent or self.parameter_name in self.used_parameters


class SourceFilter(FoldedFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
        sources = model_admin.model._meta.get_field("source").related_model
        return [(slug, slug) for slug in sources._default_manager.values_list("slug", flat=True)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(source__slug=self.value()) if self.value() else queryset


def period_filter(column: str, heading: str) -> type[SimpleListFilter]:
    """Rows whose time in that column is within a fixed period until now."""

    class PeriodFilter(FoldedFilter):
        title = heading
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            return [(name, label) for name, (label, _) in PERIODS.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            if (chosen := self.value()) not in PERIODS:
                return queryset
            return queryset.filter(**{f"{column}__gte": timezone.now() - PERIODS[chosen][1]})

    return PeriodFilter


def word_filter(
    column: str, known: tuple[str, ...], heading: str = "", other: bool = True
) -> type[SimpleListFilter]:
    """Rows with that word in that column; with `other`, every unforeseen word has a choice too."""

    class WordFilter(FoldedFilter):
        title = heading or column.replace("_", " ")
        parameter_name = column
        is_prominent = len(known) < MAX_UNFOLDED_CHOICES

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            choices = [(word, word if "." in word else word.replace("_", " ")) for word in known]
            return [*choices, (OTHER, "other")] if other else choices

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            chosen = self.value()
            if other and chosen == OTHER:
                return queryset.filter(**{f"{column}__isnull": False}).exclude(**{f"{column}__in": known})
            return queryset.filter(**{column: chosen}) if chosen in known else queryset

    return WordFilter
