"""List filters that only records have: their state, and the record that they refer to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import ForeignKey, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timezone import localdate

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN, FilterInput, FoldedFilter, Lookups
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.admin.naming.name_cells import record_title
from entities.admin.record_links import name_text
from entities.conversation_parties import match_reference
from entities.models.overdue import OverdueRule

# Parameter value -> label, condition.
STATES = {
    "live": ("live", Q(is_deleted=False, is_placeholder=False)),
    "deleted": ("deleted", Q(is_deleted=True)),
    "placeholder": ("placeholders", Q(is_placeholder=True)),
    "all": ("all of them", Q()),
}
DEFAULT_STATE = "live"
STALE_CHOICES = tuple((str(days), f"{days} days or more") for days in (7, 14, 30, 60, 90))
DEFAULT_STALE_DAYS = 30


class StateFilter(FoldedFilter):
    """Shows live records unless the user chooses another state."""

    title = "state"
    parameter_name = "state"
    unset_label = STATES[DEFAULT_STATE][0]

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
        return [(name, label) for name, (label, _) in STATES.items()]

    def value(self) -> str:
        return super().value() or DEFAULT_STATE

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(STATES[self.value()][1])

    @property
    def inputs(self) -> list[FilterInput]:
        """The select, in which the default state stands once: as what an unused filter shows."""
        (one,) = super().inputs
        others = [choice for choice in one.choices if choice[0] != DEFAULT_STATE]
        return [replace(one, value="" if one.value == DEFAULT_STATE else one.value, choices=others)]


def overdue_filter(rule: OverdueRule) -> type[SimpleListFilter]:
    """Make a filter for what is overdue today, in the time zone of who asks, or for the rest."""

    class OverdueFilter(FoldedFilter):
        title = "overdue"
        parameter_name = "overdue"
        is_prominent = True

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
            return [("yes", "overdue"), ("no", "not overdue")]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            if self.value() is None:
                return queryset
            condition = rule.is_overdue(localdate())
            return queryset.filter(condition if self.value() == "yes" else ~condition)

    return OverdueFilter


def is_stale(days: int) -> Q:
    """Return the condition that a record has been in its stage for so many days."""
    return Q(stage_since__lte=timezone.now() - timedelta(days=days))


class StaleFilter(FoldedFilter):
    """Shows the records that have been in their stage for some days."""

    title = "days in its stage"
    parameter_name = "stale"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Lookups:
        return list(STALE_CHOICES)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        days = self.value()
        return queryset if days is None else queryset.filter(is_stale(int(days)))


def reference_filter(field: ForeignKey) -> type[SimpleListFilter]:
    """Make a filter for rows that refer to one record. Links set it; it is hidden while it is unused."""

    class ReferenceFilter(FoldedFilter):
        title = str(field.verbose_name)
        parameter_name = field.name

        def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
            id = self.used_parameters.get(field.name)
            if id is None:
                return []
            if not ID_PATTERN.fullmatch(id):
                name = field.name
                raise UnusableRequest(f"The filter {name!r} takes a record's number, not {shorten(id)!r}")
            records = field.related_model._default_manager.filter(pk=id)
            referred = model_admin.visible_rows(request, records).first()
            return [
                (id, name_text(referred, record_title(referred)) if referred else f"no such {self.title}")
            ]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            id = self.value()
            return queryset if id is None else queryset.filter(match_reference(field, int(id)))

    return ReferenceFilter
