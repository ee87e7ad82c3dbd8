"""The filters of a model, generated from its columns by a table, and the backend that applies them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError as FieldError
from django.db import models
from django.http import QueryDict
from django_filters import Filter, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from entities.access.visibility import Viewer, viewer_of
from entities.access.visible_kinds import may_view
from entities.api.filters.closed_words import WORD_LOOKUPS, ClosedWords, read_word
from entities.api.filters.contact_filters import has_contact_keys, make_contact_match
from entities.api.filters.filter_kinds import (
    FILTER_KINDS,
    FilterKind,
    get_filter_kind,
    is_text,
    match_value,
)
from entities.api.filters.key_filters import make_key_field, match_key, split_key_path
from entities.api.filters.lookup_descriptions import CONTACT_DESCRIPTIONS
from entities.api.filters.parameter_values import ChoiceValue, FlagValue, ListValue, TextValue
from entities.api.filters.query_parameters import describe_form_field
from entities.api.rows.api_columns import ApiColumn
from entities.models import Record

LIST_LOOKUPS = frozenset({"in", "not_in", "overlap"})
# Lookup -> the one of which it finds all other rows, those without a value too.
NEGATIONS = {"not": "exact", "not_in": "in"}
# Marks, in the schema, a parameter that takes words of this mirror only, which the schema cannot list.
CLOSED_EXTENSION = "x-closed-words"
# Rows with such a column true are left out unless this flag, or a filter on the column, asks for them.
INCLUDE_FLAGS = {"is_deleted": "include_deleted", "is_placeholder": "include_placeholders"}


class ColumnFilter(Filter):
    """A filter that applies every value, even the empty text, which django-filter would ignore.

    RowFilters has only the filters that the query names, so a parameter that is absent filters nothing.

    related_model: the kind of record that the filter tells of besides the list's own; None for none.
    """

    def __init__(
        self,
        field_class: Callable[..., forms.Field],
        match: Callable[[str, str, Any], models.Q] = match_value,
        closed_words: ClosedWords | None = None,
        related_model: type[Record] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.related_model = related_model
        self.field_class = field_class
        self.match = match
        self.closed_words = closed_words

    @property
    def takes_list(self) -> bool:
        """Return True if the filter takes several values, so that its parameter may be repeated."""
        return self.field_class is ListValue

    def filter(self, queryset: models.QuerySet, value: Any) -> models.QuerySet:
        if self.lookup_expr in NEGATIONS:
            return queryset.exclude(self.match(self.field_name, NEGATIONS[self.lookup_expr], value))
        return queryset.filter(self.match(self.field_name, self.lookup_expr, value))


class KeyFilter(ColumnFilter):
    """A filter by one key of a JSON column. It is made for the query that names the key."""

    def __init__(self, path: str, key: str, lookup: str) -> None:
        super().__init__(forms.Field, field_name=path, lookup_expr=lookup)
        self.key = key
        self._field = make_key_field(lookup)

    @property
    def takes_list(self) -> bool:
        return isinstance(self._field, ListValue)

    def filter(self, queryset: models.QuerySet, value: Any) -> models.QuerySet:
        return queryset.filter(match_key(self.field_name, self.key, self.lookup_expr, value))


class RowFilters(FilterSet):
    """A filter set that creates only the filters which the query names: a model has about a hundred."""

    base_filters: dict[str, ColumnFilter]
    # The JSON columns of which every key is a filter, with their paths.
    key_columns: ClassVar[Mapping[str, str]] = {}

    def __init__(self, data: QueryDict, queryset: models.QuerySet) -> None:
        self.base_filters = {name: found for name in data if (found := self.find_filter(name))}
        super().__init__(data, queryset)

    @classmethod
    def find_filter(cls, name: str) -> ColumnFilter | None:
        """Return the filter of a parameter; None if there is none of this name."""
        if name in cls.base_filters:
            return cls.base_filters[name]
        column, key, lookup = split_key_path(name) or ("", "", "")
        return KeyFilter(cls.key_columns[column], key, lookup) if column in cls.key_columns else None

    def find_errors(self, viewer: Viewer) -> Any:
        """Return parameter -> what is wrong with it, such as a word that does not exist for the viewer."""
        if self.errors:
            return self.errors
        errors = {}
        values = self.form.cleaned_data
        for name, column_filter in self.filters.items():
            related = column_filter.related_model
            if related is not None and not may_view(viewer, related):
                errors[name] = [
                    f"You may not view {related._meta.verbose_name_plural}, so not filter by them."
                ]
            elif column_filter.closed_words:
                try:
                    values[name] = read_word(column_filter.closed_words, viewer, values[name])
                except FieldError as error:
                    errors[name] = error.messages
        return errors


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
    closed_columns: Mapping[str, ClosedWords] | None = None,
) -> type[RowFilters]:
    """Make a filter set with every lookup of every column, and with further filters by their parameters.

    closed_columns: column -> the only words that its filters take.
    """
    filters: dict[str, Any] = dict(further_filters or {})
    key_columns = {}
    for column in columns:
        filters |= make_column_filters(column, (closed_columns or {}).get(column.name))
        if isinstance(column.value_field, models.JSONField):
            key_columns[column.name] = column.path
    filters["key_columns"] = key_columns
    return type(base.__name__, (base,), filters)


def make_column_filters(
    column: ApiColumn, closed_words: ClosedWords | None = None
) -> Iterable[tuple[str, ColumnFilter]]:
    """Yield the parameters of a column with their filters."""
    for name, column_filter in _make_lookups(column, closed_words):
        column_filter.related_model = column.related_model if column.refers_to_record else None
        yield name, column_filter


def _make_lookups(column: ApiColumn, closed_words: ClosedWords | None) -> Iterable[tuple[str, ColumnFilter]]:
    kind = get_filter_kind(column.value_field)
    model: Any = column.field.model
    if has_contact_keys(model, column.name):
        kind = replace(kind, describe=CONTACT_DESCRIPTIONS.__getitem__, match=make_contact_match(model))
    # Of a flag that always has a value, `not` says nothing new.
    is_certain = kind.form_field is FlagValue and not column.field.null
    for lookup in ("exact",) if is_certain else kind.lookups:
        column_filter = make_filter(column.path, lookup, kind, column.value_field)
        column_filter.closed_words = closed_words if lookup in WORD_LOOKUPS else None
        yield make_parameter_name(column.name, lookup), column_filter
    if kind.is_list:
        yield column.name, make_filter(column.path, "contains", kind, column.value_field)
    if column.field.null:
        yield (
            make_parameter_name(column.name, "isnull"),
            make_filter(column.path, "isnull", FilterKind(FlagValue, ())),
        )
    if column.refers_to_record:
        for lookup in ("exact", "in", "not", "not_in"):
            path = f"{column.name}__external_id"
            yield make_parameter_name(path, lookup), make_filter(path, lookup, FILTER_KINDS[models.TextField])


def make_parameter_name(name: str, lookup: str) -> str:
    """Return the parameter of a column's lookup: status, status__in."""
    return name if lookup == "exact" else f"{name}__{lookup}"


def make_filter(path: str, lookup: str, kind: FilterKind, field: models.Field | None = None) -> ColumnFilter:
    """Make the filter of one lookup. field: the column, if its choices are to be offered."""
    options: dict[str, Any] = {
        "field_class": kind.form_field,
        "required": True,
        "label": kind.describe(lookup),
        "match": kind.match,
    }
    if lookup == "has_key":
        options["field_class"] = TextValue
    if lookup in ("exact", "not") and is_text(kind.form_field):
        options["required"] = False
    if field is not None and field.choices and lookup in WORD_LOOKUPS:
        options |= {"field_class": ChoiceValue, "choices": [word for word, _ in field.flatchoices]}
    if lookup in LIST_LOOKUPS or (kind.is_list and lookup != "isnull"):
        options = make_list_options(options)
    return ColumnFilter(field_name=path, lookup_expr=lookup, **options)


def make_list_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a filter for a list, of which each item is read with the given options."""
    item_options = {name: options.pop(name) for name in ("choices",) if name in options}
    item = options["field_class"](required=not is_text(options["field_class"]), **item_options)
    return options | {"field_class": ListValue, "required": True, "item": item}


class QueryFilterBackend(BaseFilterBackend):
    """Applies the view's `filterset_class`. A wrong value is answered with a 400 that names its parameter."""

    def filter_queryset(self, request: Request, queryset: models.QuerySet, view: APIView) -> models.QuerySet:
        filterset = view.filterset_class(request.query_params, queryset)  # type: ignore[attr-defined]
        if errors := filterset.find_errors(viewer_of(request)):
            raise ValidationError(errors)
        return filterset.qs

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        filters = view.filterset_class.base_filters  # type: ignore[attr-defined]
        return [
            describe_form_field(name, column_filter.label, column_filter.field)
            | ({CLOSED_EXTENSION: True} if column_filter.closed_words else {})
            for name, column_filter in filters.items()
        ]
