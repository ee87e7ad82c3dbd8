"""The address of many records' history: `GET /api/v1/history/?entity=…&column=…`."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from entities.access.visibility import viewer_of, visible_to
from entities.access.visible_kinds import may_view
from entities.api.exports.file_formats import FORMAT_PARAMETER
from entities.api.exports.list_export import export_list
from entities.api.exports.requested_format import FORMAT, describe_list_answers, read_format
from entities.api.filters.closed_words import find_closed_columns
from entities.api.filters.column_filters import RowFilters, make_filterset
from entities.api.filters.parameter_values import ChoiceValue, ListValue
from entities.api.history import as_of
from entities.api.pages.pagination import PARAMETER_DESCRIPTIONS, read_ordering
from entities.api.rows.api_columns import ApiColumn, get_column, get_columns
from entities.api.rows.shown_fields import ShownField, show_columns
from entities.api.views import RowViewSet
from entities.history.history_columns import HistoryColumn, history_columns
from entities.history.value_run_rows import ValueRunRow, touched_since, value_run_rows
from entities.models import Record
from entities.models.introspection import entities_by_name, record_models
from entities.names import NamedId, Names, read_names

# Parameter -> the column of ValueRunRow that it asks for.
FILTERED_COLUMNS = {"record": "record", "value": "value_text", "from": "began", "until": "ended"}
# What is asked of the records themselves.
OWNER_COLUMNS = ("source", "sub_account")
# Parameters before whose time no run begins.
LOWER_BOUNDS = ("from", "from__gt", "from__gte")
ROW_KEYS = ("record", "column", "value", "name", "from", "until", "seconds", "event")


class ValueRunRowSerializer(serializers.Serializer):
    """A time during which a column of a record had one value without a break."""

    record = serializers.IntegerField(help_text="The record's id.")
    column = serializers.CharField()
    value = serializers.JSONField(allow_null=True, help_text="An id where the column holds ids.")
    name = serializers.SerializerMethodField(help_text="The name of the id now; else null.")
    until = serializers.DateTimeField(source="ended", allow_null=True, help_text="Null while it lasts.")
    seconds = serializers.FloatField(allow_null=True, help_text="Null while it lasts.")
    event = serializers.IntegerField(help_text="The id of the event that began it.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """Add the field that a class cannot declare, because its name is a keyword of Python."""
        fields = dict(super().get_fields())
        began = {"from": serializers.DateTimeField(source="began", help_text="When it began.")}
        return {name: (fields | began)[name] for name in ROW_KEYS}

    def get_name(self, row: ValueRunRow) -> str | None:
        return self.context["find_name"](row)


@cache
def column_choices() -> tuple[str, ...]:
    """Return the names of all columns with a history, of any entity."""
    return tuple(dict.fromkeys(name for model in record_models() for name in history_columns(model)))


def make_run_columns() -> list[ApiColumn]:
    """Return the columns of runs by the names of their parameters."""
    columns = get_columns(ValueRunRow, list(FILTERED_COLUMNS.values()))
    return [replace(column, name=name) for name, column in zip(FILTERED_COLUMNS, columns, strict=True)]


def make_file_fields() -> tuple[ShownField, ...]:
    """Return the fields of a file of runs: those of a row, with the value as text, without its name."""
    paths = {name: FILTERED_COLUMNS.get(name, name) for name in ROW_KEYS if name != "name"}
    columns = get_columns(ValueRunRow, list(paths.values()))
    return show_columns(replace(column, name=name) for name, column in zip(paths, columns, strict=True))


OWNER_FILTERS: dict[type[Record], type[RowFilters]] = {
    model: make_filterset(get_columns(model, OWNER_COLUMNS), closed_columns=find_closed_columns(model))
    for model in record_models()
}
PARAMETERS = [
    OpenApiParameter(
        "entity",
        {"type": "string", "enum": list(entities_by_name())},
        required=True,
        description="The kind of record.",
    ),
    OpenApiParameter(
        "column",
        {"type": "array", "items": {"type": "string", "enum": list(column_choices())}, "minItems": 1},
        description="One or several of the entity's columns; without it, all of them.",
        explode=True,
        style="form",
    ),
    as_of.PARAMETER,
]


class ValueRunViewSet(RowViewSet):
    """Lists the values that columns of records had, each with the time from which and until which it lasted.

    In the order of the records' ids; of a record, column by column, oldest first.
    """

    queryset = ValueRunRow._default_manager.none()
    permission_classes = [IsAuthenticated]
    serializer_class = ValueRunRowSerializer
    filterset_class = make_filterset(make_run_columns())
    orderable_columns = {"record": get_column(ValueRunRow, "record")}
    default_ordering = "record"
    shown_fields = make_file_fields()

    def get_known_parameters(self) -> Collection[str]:
        owner = next(iter(OWNER_FILTERS.values())).base_filters
        own = [parameter.name for parameter in PARAMETERS]
        return (*own, *owner, *self.filterset_class.base_filters, *PARAMETER_DESCRIPTIONS, FORMAT_PARAMETER)

    def get_list_parameters(self) -> Collection[str]:
        owner = next(iter(OWNER_FILTERS.values())).base_filters
        return {"column", *super().get_list_parameters(), *(name for name in owner if owner[name].takes_list)}

    def get_queryset(self) -> QuerySet:
        """Return the runs of the records that the user or token of the request sees."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        self.model = read_entity(self.request)
        self.columns = read_columns(self.request, self.model)
        if not may_view(viewer_of(self.request), self.model):
            raise PermissionDenied
        records = visible_to(viewer_of(self.request), self.model._default_manager.all())
        filterset = OWNER_FILTERS[self.model](self.request.query_params, records)
        if errors := filterset.find_errors(viewer_of(self.request)):
            raise ValidationError(errors)
        before = as_of.read_as_of(self.request)
        since = self.read_since()
        records = touched_since(filterset.qs, since) if since else filterset.qs
        # A file has all rows, a page the first of them.
        is_page = read_format(self.request) is None
        return value_run_rows(records, self.columns, before, by_record=is_page)

    def read_since(self) -> datetime | None:
        """Return the time before which no run that is asked for began; None if there is none, or an error."""
        runs = self.filterset_class(self.request.query_params, self.queryset)
        values = {} if runs.errors else runs.form.cleaned_data
        return max((values[name].first for name in LOWER_BOUNDS if name in values), default=None)

    @extend_schema(
        parameters=[*PARAMETERS, FORMAT],
        operation_id="history_list",
        responses=describe_list_answers(ValueRunRowSerializer),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the runs of one page, or all of them as a file, which has no names."""
        runs = self.filter_queryset(self.get_queryset())
        if file_format := read_format(request):
            runs = runs.order_by(*(term.to_expression() for term in read_ordering(runs, request, self)))
            return export_list(request, file_format, runs, self.shown_fields, name="history")
        rows: Any = self.paginate_queryset(runs)
        names = RunNames(self.model, self.columns, rows)
        serializer = self.get_serializer(rows, many=True, context={"find_name": names.find})
        return self.get_paginated_response(serializer.data)


class RunNames:
    """The names of the ids that are values of runs, read by two queries; by none if no column holds ids."""

    def __init__(
        self, model: type[Record], columns: Iterable[HistoryColumn], rows: Collection[ValueRunRow]
    ) -> None:
        self.kinds = {column.name: column.named.kind for column in columns if column.named}
        named = {row.record for row in rows if row.column in self.kinds}
        owners = model._default_manager.filter(pk__in=named).values_list("pk", "source_id", "scope")
        self.owners = {pk: (source_id, scope) for pk, source_id, scope in owners} if named else {}
        self.names: Names = read_names(id for row in rows if (id := self._make_id(row)))

    def find(self, row: ValueRunRow) -> str | None:
        named = self._make_id(row)
        return self.names.find(named) if named else None

    def _make_id(self, row: ValueRunRow) -> NamedId | None:
        kind, owner = self.kinds.get(row.column), self.owners.get(row.record)
        return NamedId(*owner, kind, row.value) if kind and owner and isinstance(row.value, str) else None


def read_entity(request: Request) -> type[Record]:
    """Return the model that the request names. Raises ValidationError."""
    choices = entities_by_name()
    try:
        return choices[ChoiceValue(list(choices)).clean(request.query_params.get("entity"))]
    except FieldError as error:
        messages = error.messages if "entity" in request.query_params else _missing_entity(choices)
        raise ValidationError({"entity": messages}) from None


def _missing_entity(choices: Iterable[str]) -> list[str]:
    return [f"Write of which kind of record. Choose from: {', '.join(choices)}."]


def read_columns(request: Request, model: type[Record]) -> list[HistoryColumn]:
    """Return the columns that the request names, or else all of the entity. Raises ValidationError."""
    columns = history_columns(model)
    if "column" not in request.query_params:
        return list(columns.values())
    try:
        names = ListValue(ChoiceValue(list(columns))).clean(request.query_params.getlist("column"))
    except FieldError as error:
        raise ValidationError({"column": error.messages}) from None
    return [columns[name] for name in dict.fromkeys(names)]
