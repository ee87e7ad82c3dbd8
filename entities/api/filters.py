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

from entities.api import values
from entities.api.columns import Column
from entities.api.parameters import described_field

ORDERED = ("exact", "in", "gt", "gte", "lt", "lte")
LISTS = frozenset({"in", "overlap"})
# What is left out unless this flag, or a filter on the column itself, asks for it.
LEFT_OUT = {"is_deleted": "include_deleted", "is_placeholder": "include_placeholders"}


@dataclass(frozen=True)
class Kind:
    """How a class of column is asked about: the form field of one value, and the lookups."""

    value: Callable[..., forms.Field]
    lookups: tuple[str, ...]
    is_list: bool = False


KINDS: dict[type[models.Field], Kind] = {
    models.TextField: Kind(values.Text, ("exact", "in", "icontains")),
    models.CharField: Kind(values.Text, ("exact", "in", "icontains")),
    models.BooleanField: Kind(values.Flag, ("exact",)),
    models.IntegerField: Kind(values.Number, ORDERED),
    models.DecimalField: Kind(values.Amount, ORDERED),
    models.DateField: Kind(values.Day, ORDERED),
    models.DateTimeField: Kind(values.Moment, ORDERED),
    ArrayField: Kind(values.Text, ("contains", "overlap"), is_list=True),
    models.JSONField: Kind(values.Json, ("contains", "has_key")),
}

MEANINGS = {
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

    include_deleted = ColumnFilter(values.Flag, required=True, label="Show deleted records too.")
    include_placeholders = ColumnFilter(
        values.Flag, required=True, label="Show records that are only referred to, too."
    )

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        asked = self.form.cleaned_data
        for column, flag in LEFT_OUT.items():
            if not asked.pop(flag, False) and column not in asked:
                queryset = queryset.filter(**{column: False})
        return super().filter_queryset(queryset)


def filterset_of(columns: Iterable[Column], base: type[RowFilters] = RowFilters) -> type[RowFilters]:
    """A filter set with every lookup of every column."""
    filters = {name: made for column in columns for name, made in column_filters(column)}
    return type(base.__name__, (base,), filters)


def column_filters(column: Column) -> Iterable[tuple[str, Filter]]:
    kind = kind_of(column.value)
    for lookup in kind.lookups:
        yield parameter(column.name, lookup), made(column.path, lookup, kind, column.value)
    if kind.is_list:
        yield column.name, made(column.path, "contains", kind, column.value)
    if column.field.null:
        yield parameter(column.name, "isnull"), made(column.path, "isnull", Kind(values.Flag, ()))
    if column.refers_to_record:
        for lookup in ("exact", "in"):
            path = f"{column.name}__external_id"
            yield parameter(path, lookup), made(path, lookup, KINDS[models.TextField])


def kind_of(field: models.Field) -> Kind:
    """The kind of the nearest class; KeyError for a class of column that the table lacks."""
    for ancestor in type(field).__mro__:
        if ancestor in KINDS:
            return KINDS[ancestor]
    raise KeyError(f"{field} has no kind in {__name__}.KINDS; give {type(field).__name__} one there.")


def parameter(name: str, lookup: str) -> str:
    return name if lookup == "exact" else f"{name}__{lookup}"


def made(path: str, lookup: str, kind: Kind, field: models.Field | None = None) -> Filter:
    options: dict[str, Any] = {"field_class": kind.value, "required": True, "label": MEANINGS[lookup]}
    if lookup == "has_key":
        options["field_class"] = values.Text
    if lookup == "exact" and kind.value is values.Text:
        options["required"] = False
    if field is not None and field.choices and lookup in ("exact", "in"):
        options |= {"field_class": values.Choice, "known": [word for word, _ in field.flatchoices]}
    if lookup in LISTS or (kind.is_list and lookup != "isnull"):
        options = as_list(options)
    return ColumnFilter(field_name=path, lookup_expr=lookup, **options)


def as_list(options: dict[str, Any]) -> dict[str, Any]:
    item_options = {name: option for name, option in options.items() if name == "known"}
    item = options["field_class"](required=options["field_class"] is not values.Text, **item_options)
    return {"field_class": values.ListOf, "required": True, "label": options["label"], "item": item}


class QueryFilters(BaseFilterBackend):
    """Applies the view's `filterset_class`; a bad value is a 400 that names its parameter."""

    def filter_queryset(self, request: Request, queryset: models.QuerySet, view: APIView) -> models.QuerySet:
        filterset = view.filterset_class(request.query_params, queryset)  # type: ignore[attr-defined]
        if filterset.errors:
            raise ValidationError(filterset.errors)
        return filterset.qs

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        filters = view.filterset_class.base_filters  # type: ignore[attr-defined]
        return [described_field(name, made.label, made.field) for name, made in filters.items()]
