"""The filters of a model, made from its columns by one table, and the backend that applies them."""

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
# What is left out unless this flag, or a filter on the column itself, asks for it.
INCLUDE_FLAGS = {"is_deleted": "include_deleted", "is_placeholder": "include_placeholders"}


@dataclass(frozen=True)
class FilterKind:
    """How a class of column is asked about: the form field of one value, and the lookups."""

    value: Callable[..., forms.Field]
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
    "exact": "Equal to this.",
    "in": "One of these, with commas between them.",
    "gt": "Greater than this.",
    "gte": "This or greater.",
    "lt": "Less than this.",
    "lte": "This or less.",
    "icontains": "Contains this text, in any case.",
    "isnull": "Whether it has no value.",
    "contains": "Contains all of this.",
    "overlap": "Contains one of these, with commas between them.",
    "has_key": "Is an object with this key.",
}


class ColumnFilter(Filter):
    """Applies whatever value was given, the empty text too; a filter that was not given is not made."""

    def __init__(self, field_class: Callable[..., forms.Field], **options: Any) -> None:
        super().__init__(**options)
        self.field_class = field_class

    def filter(self, queryset: models.QuerySet, value: Any) -> models.QuerySet:
        return queryset.filter(**{f"{self.field_name}__{self.lookup_expr}": value})


class RowFilters(FilterSet):
    """A filter set that holds only the filters which the query names."""

    base_filters: dict[str, Filter]

    def __init__(self, data: QueryDict, queryset: models.QuerySet) -> None:
        self.base_filters = {name: made for name, made in type(self).base_filters.items() if name in data}
        super().__init__(data, queryset)


class RecordFilters(RowFilters):
    """Leaves out deleted records and placeholders unless they are asked for."""

    include_deleted = ColumnFilter(FlagValue, required=True, label="Show deleted records too.")
    include_placeholders = ColumnFilter(
        FlagValue, required=True, label="Show records that are only referred to, too."
    )

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        asked = self.form.cleaned_data
        for column, flag in INCLUDE_FLAGS.items():
            if not asked.pop(flag, False) and column not in asked:
                queryset = queryset.filter(**{column: False})
        return super().filter_queryset(queryset)


def make_filterset(columns: Iterable[ApiColumn], base: type[RowFilters] = RowFilters) -> type[RowFilters]:
    """A filter set with every lookup of every column."""
    filters = {name: made for column in columns for name, made in make_column_filters(column)}
    return type(base.__name__, (base,), filters)


def make_column_filters(column: ApiColumn) -> Iterable[tuple[str, Filter]]:
    kind = filter_kind_of(column.value)
    for lookup in kind.lookups:
        yield parameter_name(column.name, lookup), make_filter(column.path, lookup, kind, column.value)
    if kind.is_list:
        yield column.name, make_filter(column.path, "contains", kind, column.value)
    if column.field.null:
        yield (
            parameter_name(column.name, "isnull"),
            make_filter(column.path, "isnull", FilterKind(FlagValue, ())),
        )
    if column.refers_to_record:
        for lookup in ("exact", "in"):
            path = f"{column.name}__external_id"
            yield parameter_name(path, lookup), make_filter(path, lookup, FILTER_KINDS[models.TextField])


def filter_kind_of(field: models.Field) -> FilterKind:
    """The kind of the nearest class; KeyError for a class of column that the table lacks."""
    for ancestor in type(field).__mro__:
        if ancestor in FILTER_KINDS:
            return FILTER_KINDS[ancestor]
    raise KeyError(f"{field} has no kind in {__name__}.KINDS; give {type(field).__name__} one there.")


def parameter_name(name: str, lookup: str) -> str:
    return name if lookup == "exact" else f"{name}__{lookup}"


def make_filter(path: str, lookup: str, kind: FilterKind, field: models.Field | None = None) -> Filter:
    options: dict[str, Any] = {
        "field_class": kind.value,
        "required": True,
        "label": LOOKUP_DESCRIPTIONS[lookup],
    }
    if lookup == "has_key":
        options["field_class"] = TextValue
    if lookup == "exact" and kind.value is TextValue:
        options["required"] = False
    if field is not None and field.choices and lookup in ("exact", "in"):
        options |= {"field_class": ChoiceValue, "known": [word for word, _ in field.flatchoices]}
    if lookup in LIST_LOOKUPS or (kind.is_list and lookup != "isnull"):
        options = as_list_options(options)
    return ColumnFilter(field_name=path, lookup_expr=lookup, **options)


def as_list_options(options: dict[str, Any]) -> dict[str, Any]:
    item_options = {name: option for name, option in options.items() if name == "known"}
    item = options["field_class"](required=options["field_class"] is not TextValue, **item_options)
    return {"field_class": ListValue, "required": True, "label": options["label"], "item": item}


class QueryFilterBackend(BaseFilterBackend):
    """Applies the view's `filterset_class`; a bad value is a 400 that names its parameter."""

    def filter_queryset(self, request: Request, queryset: models.QuerySet, view: APIView) -> models.QuerySet:
        filterset = view.filterset_class(request.query_params, queryset)  # type: ignore[attr-defined]
        if filterset.errors:
            raise ValidationError(filterset.errors)
        return filterset.qs

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        filters = view.filterset_class.base_filters  # type: ignore[attr-defined]
        return [describe_form_field(name, made.label, made.field) for name, made in filters.items()]
