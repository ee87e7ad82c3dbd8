"""The filters of a model, generated from its columns by a table, and the backend that applies them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import QueryDict
from django_filters import Filter, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from entities.api.api_columns import ApiColumn
from entities.api.parameter_values import (
    AmountValue,
    ChoiceValue,
    DateValue,
    FlagValue,
    IntegerValue,
    JsonValue,
    ListValue,
    TextValue,
    TimeValue,
)
from entities.api.query_parameters import describe_form_field

ORDERED_LOOKUPS = ("exact", "in", "gt", "gte", "lt", "lte")
LIST_LOOKUPS = frozenset({"in", "overlap"})
# Rows with such a column true are left out unless this flag, or a filter on the column, asks for them.
INCLUDE_FLAGS = {"is_deleted": "include_deleted", "is_placeholder": "include_placeholders"}


@dataclass(frozen=True)
class FilterKind:
    """The filters of a class of columns. form_field: reads one value; is_list: the column holds several."""

    form_field: Callable[..., forms.Field]
    lookups: tuple[str, ...]
    is_list: bool = False


FILTER_KINDS: dict[type[models.Field], FilterKind] = {
    models.TextField: FilterKind(TextValue, ("exact", "in", "icontains")),
    models.CharField: FilterKind(TextValue, ("exact", "in", "icontains")),
    models.BooleanField: FilterKind(FlagValue, ("exact",)),
    models.IntegerField: FilterKind(IntegerValue, ORDERED_LOOKUPS),
    models.DecimalField: FilterKind(AmountValue, ORDERED_LOOKUPS),
    models.DateField: FilterKind(DateValue, ORDERED_LOOKUPS),
    models.DateTimeField: FilterKind(TimeValue, ORDERED_LOOKUPS),
    ArrayField: FilterKind(TextValue, ("contains", "overlap"), is_list=True),
    models.JSONField: FilterKind(JsonValue, ("contains", "has_key")),
}

LOOKUP_DESCRIPTIONS = {
    "exact": "Equal to this value.",
    "in": "Equal to one of these values, separated by commas.",
    "gt": "Greater than this value.",
    "gte": "Greater than or equal to this value.",
    "lt": "Less than this value.",
    "lte": "Less than or equal to this value.",
    "icontains": "Contains this text; upper and lower case are the same.",
    "isnull": "true: has no value; false: has a value.",
    "contains": "Contains all of this.",
    "overlap": "Contains at least one of these values, separated by commas.",
    "has_key": "Is an object with this key.",
}


class ColumnFilter(Filter):
    """A filter that applies every value, even the empty text, which django-filter would ignore.

    RowFilters has only the filters that the query names, so a parameter that is absent filters nothing.
    """

    def __init__(self, field_class: Callable[..., forms.Field], **options: Any) -> None:
        super().__init__(**options)
        self.field_class = field_class

    def filter(self, queryset: models.QuerySet, value: Any) -> models.QuerySet:
        return queryset.filter(**{f"{self.field_name}__{self.lookup_expr}": value})


class RowFilters(FilterSet):
    """A filter set that creates only the filters which the query names: a model has about a hundred."""

    base_filters: dict[str, Filter]

    def __init__(self, data: QueryDict, queryset: models.QuerySet) -> None:
        filters = type(self).base_filters
        self.base_filters = {name: column_filter for name, column_filter in filters.items() if name in data}
        super().__init__(data, queryset)


class RecordFilters(RowFilters):
    """Leaves out deleted records and placeholders unless the query asks for them."""

    include_deleted = ColumnFilter(FlagValue, required=True, label="true: include deleted records.")
    include_placeholders = ColumnFilter(
        FlagValue,
        required=True,
        label="true: include placeholders, which other records refer to but no event has described yet.",
    )

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        values = self.form.cleaned_data
        for column, flag in INCLUDE_FLAGS.items():
            if not values.pop(flag, False) and column not in values:
                queryset = queryset.filter(**{column: False})
        return super().filter_queryset(queryset)


def make_filterset(columns: Iterable[ApiColumn], base: type[RowFilters] = RowFilters) -> type[RowFilters]:
    """Make a filter set with every lookup of every column."""
    filters: dict[str, Any] = {}
    for column in columns:
        filters |= make_column_filters(column)
    return type(base.__name__, (base,), filters)


def make_column_filters(column: ApiColumn) -> Iterable[tuple[str, Filter]]:
    """Yield the parameters of a column with their filters."""
    kind = get_filter_kind(column.value_field)
    for lookup in kind.lookups:
        yield (
            make_parameter_name(column.name, lookup),
            make_filter(column.path, lookup, kind, column.value_field),
        )
    if kind.is_list:
        yield column.name, make_filter(column.path, "contains", kind, column.value_field)
    if column.field.null:
        yield (
            make_parameter_name(column.name, "isnull"),
            make_filter(column.path, "isnull", FilterKind(FlagValue, ())),
        )
    if column.refers_to_record:
        for lookup in ("exact", "in"):
            path = f"{column.name}__external_id"
            yield make_parameter_name(path, lookup), make_filter(path, lookup, FILTER_KINDS[models.TextField])


def get_filter_kind(field: models.Field) -> FilterKind:
    """Return the kind for the nearest ancestor of the field's class. Raises KeyError if there is none."""
    for ancestor in type(field).__mro__:
        if ancestor in FILTER_KINDS:
            return FILTER_KINDS[ancestor]
    raise KeyError(f"{field} has no filters. Add {type(field).__name__} to {__name__}.FILTER_KINDS.")


def make_parameter_name(name: str, lookup: str) -> str:
    """Return the parameter of a column's lookup: status, status__in."""
    return name if lookup == "exact" else f"{name}__{lookup}"


def make_filter(path: str, lookup: str, kind: FilterKind, field: models.Field | None = None) -> Filter:
    """Make the filter of one lookup. field: the column, if its choices are to be offered."""
    options: dict[str, Any] = {
        "field_class": kind.form_field,
        "required": True,
        "label": LOOKUP_DESCRIPTIONS[lookup],
    }
    if lookup == "has_key":
        options["field_class"] = TextValue
    if lookup == "exact" and kind.form_field is TextValue:
        options["required"] = False
    if field is not None and field.choices and lookup in ("exact", "in"):
        options |= {"field_class": ChoiceValue, "choices": [word for word, _ in field.flatchoices]}
    if lookup in LIST_LOOKUPS or (kind.is_list and lookup != "isnull"):
        options = make_list_options(options)
    return ColumnFilter(field_name=path, lookup_expr=lookup, **options)


def make_list_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a filter for a list, of which each item is read with the given options."""
    item_options = {name: option for name, option in options.items() if name == "choices"}
    item = options["field_class"](required=options["field_class"] is not TextValue, **item_options)
    return {"field_class": ListValue, "required": True, "label": options["label"], "item": item}


class QueryFilterBackend(BaseFilterBackend):
    """Applies the view's `filterset_class`. A wrong value is answered with a 400 that names its parameter."""

    def filter_queryset(self, request: Request, queryset: models.QuerySet, view: APIView) -> models.QuerySet:
        filterset = view.filterset_class(request.query_params, queryset)  # type: ignore[attr-defined]
        if filterset.errors:
            raise ValidationError(filterset.errors)
        return filterset.qs

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        filters = view.filterset_class.base_filters  # type: ignore[attr-defined]
        return [
            describe_form_field(name, column_filter.label, column_filter.field)
            for name, column_filter in filters.items()
        ]
