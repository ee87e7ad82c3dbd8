"""List filters that only records have: their state, and the record that they refer to."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN, FoldedFilter, Lookups

STATES = {
    "live": ("live", Q(is_deleted=False, is_placeholder=False)),
    "deleted": ("deleted", Q(is_deleted=True)),
    "placeholder": ("placeholders", Q(is_placeholder=True)),
    "all": ("all of them", Q()),
}


class StateFilter(FoldedFilter):
    """Shows live records unless others are asked for."""

    title = "state"
    parameter_name = "state"
    is_prominent = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
        return [(name, label) for name, (label, _) in STATES.items()]

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in STATES else "live"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(STATES[self.value()][1])

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Leave out Django's "All": here it is a choice of its own."""
        return (choice for place, choice in enumerate(super().choices(changelist)) if place)


def reference_filter(field: ForeignKey) -> type[SimpleListFilter]:
    """Make a filter for rows that refer to the one record that a link named; it is shown only then."""

    class ReferenceFilter(FoldedFilter):
        title = str(field.verbose_name)
        parameter_name = field.name

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            id = self.used_parameters.get(field.name)
            if id is None:
                return []
            if not ID_PATTERN.fullmatch(id):
                raise IncorrectLookupParameters(f"{field.name} is not an id")
            referred: Model | None = field.related_model._default_manager.filter(pk=id).first()
            return [(id, shorten(str(referred)) if referred else f"no such {self.title}")]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            return queryset.filter(**{field.attname: self.value()}) if self.value() else queryset

    return ReferenceFilter
