"""The addresses of the figures of stages: `funnel/` and `time-in-stage/`, below models that have stages."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from entities.access.visibility import viewer_of
from entities.api.filters.column_filters import RowFilters, make_filterset
from entities.api.filters.query_parameters import describe_form_field
from entities.api.history import as_of
from entities.api.rows.api_columns import ApiColumn
from entities.api.summaries.group_columns import hide_keys
from entities.api.summaries.stage_figures import FUNNEL, TIME_IN_STAGE, stage_figures, stage_runs
from entities.api.summaries.summary_view import SummaryActions
from entities.history.value_run_rows import ValueRunRow

BEGAN = ValueRunRow._meta.get_field("began")
# When a record entered a stage for the first time.
ENTERED_FILTERS: type[RowFilters] = make_filterset([ApiColumn("entered", "began", BEGAN, BEGAN)])
ENTERED_PARAMETERS = tuple(ENTERED_FILTERS.base_filters)
ENTERED = [
    OpenApiParameter(
        name,
        describe_form_field(name, "", one.field)["schema"],
        description=f"When a record entered the stage for the first time. {one.label}",
        style="form",
        explode=True,
    )
    for name, one in ENTERED_FILTERS.base_filters.items()
]


class StageSerializer(serializers.Serializer):
    """The figures of stages."""

    as_of = serializers.DateTimeField(allow_null=True, help_text="The time of `as_of`; null for now.")
    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="One object for each stage of a source and sub-account: its keys, then its figures.",
    )


class StageActions(SummaryActions):
    """The figures of the stages that the records of a list have been in; a part of its viewset."""

    @extend_schema(responses=StageSerializer, filters=True)
    @action(detail=False, pagination_class=None)
    def funnel(self, request: Request, **kwargs: str) -> Response:
        """Return how many records entered each stage for the first time, and for how many days they stayed.

        A stay that lasts counts until `as_of`, or until now.
        """
        moment = as_of.read_as_of(request)
        records = self.select_records(moment)
        entered = ENTERED_FILTERS(request.query_params, stage_runs(records, moment).filter(visit=1))
        if entered.errors:
            raise ValidationError(entered.errors)
        rows = hide_keys(stage_figures(records, entered.qs, FUNNEL), records.model, viewer_of(request))
        return Response(StageSerializer({"as_of": moment, "results": rows}).data)

    @extend_schema(responses=StageSerializer, filters=True)
    @action(detail=False, pagination_class=None, url_path="time-in-stage")
    def time_in_stage(self, request: Request, **kwargs: str) -> Response:
        """Return for how long records stayed in each stage: the mean and median of all stays that ended."""
        moment = as_of.read_as_of(request)
        records = self.select_records(moment)
        figures = stage_figures(records, stage_runs(records, moment), TIME_IN_STAGE)
        rows = hide_keys(figures, records.model, viewer_of(request))
        return Response(StageSerializer({"as_of": moment, "results": rows}).data)
