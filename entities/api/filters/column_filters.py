"""The filters of a model, generated from its columns by a table, and the backend that applies them."""

from collections.abc import Callable, Iterable, Mapping
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

from entities.api.filters.parameter_values import (
    AmountValue,
    ChoiceValue,
    CurrencyValue,
    DateValue,
    FlagValue,
    IntegerValue,
    JsonValue,
    ListValue,
    Period,
    TextValue,
    TimeValue,
    WordValue,
)
from entities.api.filters.query_parameters import describe_form_field
from entities.api.rows.api_columns import ApiColumn
from entities.models.fields import CurrencyField, WordField

TEXT_LOOKUPS = ("exact", "in", "icontains")
ORDERED_LOOKUPS = ("exact", "in", "gt", "gte", "lt", "lte")
LIST_LOOKUPS = frozenset({"in", "overlap"})
# Rows with such a column true are left out unless this flag, or a filter on the column, asks for them.
INCLUDE_FLAGS = {"is_deleted": "include_deleted", "is_placeholder": "include_placeholders"}


LOOKUP_DESCRIPTIONS = {
    "exact": "Equal to this value.",
    "in": "Equal to one of these values.",
    "gt": "Greater than this value.",
    "gte": "Greater than or equal to this value.",
    "lt": "Less than this value.",
    "lte": "Less than or equal to this value.",
    "icontains": "Contains this text; upper and lower case are the same.",
    "isnull": "true: has no value; false: has a value.",
    "contains": "Contains all of this.",
    "overlap": "Contains at least one of these values.",
    "has_key": "Is an object with this key.",
}
TIME_DESCRIPTIONS = {
    "exact": "At this time; a date means at any time of that day, in UTC.",
    "in": "At one of these times; a date means at any time of that day, in UTC.",
    "gt": "After this time; a date means after the end of that day, in UTC.",
    "gte": "At this time or after it; a date means from the beginning of that day on, in UTC.",
    "lt": "Before this time; a date means before the beginning of that day, in UTC.",
    "lte": "At this time or before it; a date means until the end of that day, in UTC.",
}


def match_value(path: str, lookup: str, value: Any) -> models.Q:
    """Return the condition of a lookup as the ORM has it."""
    return models.Q(**{f"{path}__{lookup}": value})


def match_period(path: str, lookup: str, value: Any) -> models.Q:
    """Return the condition of a lookup for times: a period, or for "in" several."""
    match lookup, value:
        case "in", periods:
            return models.Q(
                *(match_period(path, "exact", period) for period in periods), _connector=models.Q.OR
            )
        case "exact", Period(first, last):
            return match_value(path, "range", (first, last))
        case "gt" | "lte", Period(last=last):
            return match_value(path, lookup, last)
        case _:
            return match_value(path, lookup, value.first)


@dataclass(frozen=True)
class FilterKind:
    """The filters of a class of columns.

    form_field: reads one value; is_list: the column holds several.
    describe: returns the description of a lookup; match: makes its condition.
    """

    form_field: Callable[..., forms.Field]
    lookups: tuple[str, ...]
    is_list: bool = False
    describe: Callable[[str], str] = LOOKUP_DESCRIPTIONS.__getitem__
    match: Callable[[str, str, Any], models.Q] = match_value


FILTER_KINDS: dict[type[models.Field], FilterKind] = {
    models.TextField: FilterKind(TextValue, TEXT_LOOKUPS),
    models.CharField: FilterKind(TextValue, TEXT_LOOKUPS),
    WordField: FilterKind(WordValue, TEXT_LOOKUPS),
    CurrencyField: FilterKind(CurrencyValue, TEXT_LOOKUPS),
    models.BooleanField: FilterKind(FlagValue, ("exact",)),
    models.IntegerField: FilterKind(IntegerValue, ORDERED_LOOKUPS),
    models.DecimalField: FilterKind(AmountValue, ORDERED_LOOKUPS),
    models.DateField: FilterKind(DateValue, ORDERED_LOOKUPS),
    models.DateTimeField: FilterKind(
        TimeValue, ORDERED_LOOKUPS, describe=TIME_DESCRIPTIONS.__getitem__, match=match_period
    ),
    ArrayField: FilterKind(TextValue, ("contains", "overlap"), is_list=True),
    models.JSONField: FilterKind(JsonValue, ("contains", "has_key")),
}


class ColumnFilter(Filter):
    """A filter that applies every value, even the empty text, which django-filter would ignore.

    RowFilters has only the filters that the query names, so a parameter that is absent filters nothing.
    """

    def __init__(
        self,
        field_class: Callable[..., forms.Field],
        match: Callable[[str, str, Any], models.Q] = match_value,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.field_class = field_class
        self.match = match

    @property
    def takes_list(self) -> bool:
        """Return True if the filter takes several values, so that its parameter may be repeated."""
        return self.field_class is ListValue

    def filter(self, queryset: models.QuerySet, value: Any) -> models.QuerySet:
        return queryset.filter(self.match(self.field_name, self.lookup_expr, value))


class RowFilters(FilterSet):
    """A filter set that creates only the filters which the query names: a model has about a hundred."""

    base_filters: dict[str, ColumnFilter]

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


def make_filterset(
    columns: Iterable[ApiColumn],
    base: type[RowFilters] = RowFilters,
    further_filters: Mapping[str, ColumnFilter] | None = None,
) -> type[RowFilters]:
    """Make a filter set with every lookup of every column, and with further filters by their parameters."""
    filters: dict[str, Any] = dict(further_filters or {})
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
        "label": kind.describe(lookup),
        "match": kind.match,
    }
    if lookup == "has_key":
        options["field_class"] = TextValue
    if lookup == "exact" and is_text(kind.form_field):
        options["required"] = False
    if field is not None and field.choices and lookup in ("exact", "in"):
        options |= {"field_class": ChoiceValue, "choices": [word for word, _ in field.flatchoices]}
    if lookup in LIST_LOOKUPS or (kind.is_list and lookup != "isnull"):
        options = make_list_options(options)
    return ColumnFilter(field_name=path, lookup_expr=lookup, **options)


def make_list_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a filter for a list, of which each item is read with the given options."""
    item_options = {name: options.pop(name) for name in ("choices",) if name in options}
    item = options["field_class"](required=not is_text(options["field_class"]), **item_options)
    return options | {"field_class": ListValue, "required": True, "item": item}


def is_text(form_field: Callable[..., forms.Field]) -> bool:
    """Return True if a field reads texts, of which the empty one is a value too."""
    return form_field in (TextValue, WordValue, CurrencyValue)


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
