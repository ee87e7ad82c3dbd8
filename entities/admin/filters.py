"""Filters whose choices are known without reading the table."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from entities.admin.cells import short

Lookups = list[tuple[str, str]]

PERIODS = {
    "hour": ("past hour", timedelta(hours=1)),
    "day": ("past 24 hours", timedelta(days=1)),
    "week": ("past 7 days", timedelta(days=7)),
    "month": ("past 30 days", timedelta(days=30)),
    "year": ("past 365 days", timedelta(days=365)),
}
STATES = {
    "live": ("live", Q(is_deleted=False, is_placeholder=False)),
    "deleted": ("deleted", Q(is_deleted=True)),
    "placeholder": ("placeholders", Q(is_placeholder=True)),
    "all": ("all of them", Q()),
}
OTHER = "other"
# So many choices are folded.
MANY = 12
ID = re.compile(r"[0-9]{1,18}")


class Filter(SimpleListFilter):
    """One that is folded until it is used, unless it is `prominent`."""

    template = "entities/filter.html"
    prominent = False

    @property
    def is_open(self) -> bool:
        return self.prominent or self.parameter_name in self.used_parameters


class StateFilter(Filter):
    """Live records, unless others are asked for."""

    title = "state"
    parameter_name = "state"
    prominent = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
        return [(name, label) for name, (label, _) in STATES.items()]

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in STATES else "live"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(STATES[self.value()][1])

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Without Django's "All": here it is a choice of its own."""
        return (choice for place, choice in enumerate(super().choices(changelist)) if place)


class SourceFilter(Filter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
        sources = model_admin.model._meta.get_field("source").related_model
        return [(slug, slug) for slug in sources._default_manager.values_list("slug", flat=True)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(source__slug=self.value()) if self.value() else queryset


def period(column: str, heading: str) -> type[SimpleListFilter]:
    """Rows whose time in that column is within a fixed period until now."""

    class PeriodFilter(Filter):
        title = heading
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            return [(name, label) for name, (label, _) in PERIODS.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            if (chosen := self.value()) not in PERIODS:
                return queryset
            return queryset.filter(**{f"{column}__gte": timezone.now() - PERIODS[chosen][1]})

    return PeriodFilter


def words(
    column: str, known: tuple[str, ...], heading: str = "", other: bool = True
) -> type[SimpleListFilter]:
    """Rows with that word in that column; with `other`, every unforeseen word has a choice too."""

    class WordFilter(Filter):
        title = heading or column.replace("_", " ")
        parameter_name = column
        prominent = len(known) < MANY

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            choices = [(word, word if "." in word else word.replace("_", " ")) for word in known]
            return [*choices, (OTHER, "other")] if other else choices

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            chosen = self.value()
            if other and chosen == OTHER:
                return queryset.filter(**{f"{column}__isnull": False}).exclude(**{f"{column}__in": known})
            return queryset.filter(**{column: chosen}) if chosen in known else queryset

    return WordFilter


def refers(field: ForeignKey) -> type[SimpleListFilter]:
    """Rows that refer to the one record that a link named; shown only then."""

    class ReferenceFilter(Filter):
        title = str(field.verbose_name)
        parameter_name = field.name

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            id = self.used_parameters.get(field.name)
            if id is None:
                return []
            if not ID.fullmatch(id):
                raise IncorrectLookupParameters(f"{field.name} is not an id")
            referred: Model | None = field.related_model._default_manager.filter(pk=id).first()
            return [(id, short(str(referred)) if referred else f"no such {self.title}")]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            return queryset.filter(**{field.attname: self.value()}) if self.value() else queryset

    return ReferenceFilter
