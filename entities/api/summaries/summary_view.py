"""The address of a summary: `GET /api/v1/<path>/summary/?group_by=…&measure=…`."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ValidationError as FieldError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crmmirror.lib.time_zones import find_time_zone, validate_time_zone
from entities.access.visibility import viewer_of, visible_to
from entities.api.filters.column_filters import RowFilters
from entities.api.filters.parameter_values import ChoiceValue, ListValue
from entities.api.history import as_of
from entities.api.summaries.group_columns import group_columns, hide_keys, shown_groups
from entities.api.summaries.measures import COUNT, buckets, measures
from entities.api.summaries.summary_rows import Summary, summarize
from entities.history.past_records import past_records
from entities.models import Record

SUMMARY_PARAMETERS = ("group_by", "measure", "bucket", "tz", as_of.NAME)
SUMMARY_LISTS = frozenset({"group_by", "measure"})
Chosen = TypeVar("Chosen")


class SummarySerializer(serializers.Serializer):
    """The groups of a list's records, with a figure of each for each measure."""

    as_of = serializers.DateTimeField(allow_null=True, help_text="The time of `as_of`; null for now.")
    tz = serializers.CharField(help_text="The time zone of days and periods.")
    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="One object for each group: its keys, then its figures. Amounts are text.",
    )


class SummaryActions:
    """The summary below a list of records; a part of its viewset."""

    queryset: Any
    request: Any
    filterset_class: ClassVar[type[RowFilters]]

    @extend_schema(responses=SummarySerializer, filters=True)
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request, **kwargs: str) -> Response:
        """Return counts, sums and means of the records that the filters leave, by group."""
        model, zone = self.queryset.model, read_zone(request)
        moment = as_of.read_as_of(request, zone)
        summary = read_summary(request, model, zone, is_past=moment is not None)
        rows = hide_keys(summarize(self.select_records(moment), summary), model, viewer_of(request))
        answer = {"as_of": moment, "tz": request.query_params.get("tz", "UTC"), "results": rows}
        return Response(SummarySerializer(answer).data)

    def select_records(self, moment: datetime | None) -> QuerySet:
        """Return the records that the viewer sees and the filters leave, as of a time or as they are now."""
        model: Any = self.queryset.model
        rows = past_records(model, moment) if moment else model._default_manager.all()
        viewer = viewer_of(self.request)
        filterset = self.filterset_class(self.request.query_params, visible_to(viewer, rows))
        if errors := filterset.find_errors(viewer):
            raise ValidationError(errors)
        if moment:
            as_of.refuse_filters_of_today(model, filterset)
        return filterset.qs


def describe_summary(model: type[Record]) -> list[OpenApiParameter]:
    """Return the parameters of a model's summary besides its filters, for OpenAPI."""
    return [
        _describe_list("group_by", "Columns whose values make the groups.", list(group_columns(model))),
        _describe_list(
            "measure", "What is computed of each group; count if nothing is asked.", [*measures(model)]
        ),
        OpenApiParameter(
            "bucket",
            {"type": "string", "enum": list(buckets(model))},
            description="Groups by the first day of the period in which a time or date is.",
        ),
        OpenApiParameter(
            "tz",
            {"type": "string", "default": "UTC"},
            description="The time zone of days and periods, by its IANA name, such as Asia/Dubai.",
        ),
        as_of.PARAMETER,
    ]


def _describe_list(name: str, description: str, choices: list[str]) -> OpenApiParameter:
    schema = {"type": "array", "items": {"type": "string", "enum": choices}, "minItems": 1}
    return OpenApiParameter(name, schema, description=description, style="form", explode=True)


def read_summary(request: Request, model: type[Record], zone: tzinfo, *, is_past: bool) -> Summary:
    """Return what the request asks for. Raises ValidationError with all that is wrong.

    is_past: only columns that are known as of a time may be asked for.
    """
    errors: dict[str, list[str]] = {}

    def read(
        name: str, choices: Mapping[str, Chosen], columns: Mapping[str, tuple[str, ...]]
    ) -> list[Chosen]:
        known = [choice for choice in choices if not is_past or as_of.is_known_as_of(model, columns[choice])]
        try:
            words = _read_words(request, name, choices)
        except FieldError as error:
            errors[name] = error.messages
            return []
        if later := [word for word in words if word not in known]:
            errors[name] = [
                f"Not known as of a time: {', '.join(later)}. With as_of, choose from: {', '.join(known)}."
            ]
        return [choices[word] for word in words]

    groups, figures, periods = shown_groups(model, viewer_of(request)), measures(model), buckets(model)
    asked_groups = read("group_by", groups, {name: group.columns for name, group in groups.items()})
    asked_figures = read(
        "measure", figures, {name: (one.column,) if one.column else () for name, one in figures.items()}
    )
    asked_periods = read("bucket", periods, {name: (one.column,) for name, one in periods.items()})
    if errors:
        raise ValidationError(errors)
    return Summary(
        tuple(asked_groups),
        tuple(asked_figures) or (figures[COUNT],),
        asked_periods[0] if asked_periods else None,
        zone,
    )


def _read_words(request: Request, name: str, choices: Mapping[str, Any]) -> list[str]:
    if name not in request.query_params:
        return []
    word = ChoiceValue(list(choices))
    if name in SUMMARY_LISTS:
        return list(dict.fromkeys(ListValue(word).clean(request.query_params.getlist(name))))
    return [word.clean(request.query_params[name])]


def read_zone(request: Request) -> tzinfo:
    """Return the time zone of the request, UTC without one. Raises ValidationError."""
    name = request.query_params.get("tz", "UTC")
    try:
        validate_time_zone(name)
    except FieldError as error:
        raise ValidationError({"tz": error.messages}) from None
    return find_time_zone(name) or UTC
