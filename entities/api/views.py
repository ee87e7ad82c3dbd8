"""The viewsets of the mirrored records: one for each model, generated from its columns."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from entities.access.visibility import viewer_of, visible_to
from entities.access.visible_kinds import may_view_all_kinds
from entities.api.changes.change_cursors import CHANGES_CURSOR_HEADER, read_changes_cursor
from entities.api.exports.file_formats import FORMAT_PARAMETER
from entities.api.exports.list_export import export_list
from entities.api.exports.requested_format import FORMAT, asks_for_form, describe_list_answers, read_format
from entities.api.filters.closed_words import find_closed_columns
from entities.api.filters.column_filters import (
    INCLUDE_FLAGS,
    RecordFilters,
    RowFilters,
    make_filterset,
)
from entities.api.filters.model_filters import make_model_filters
from entities.api.filters.query_parameters import refuse_unknown
from entities.api.history import as_of
from entities.api.history.record_history import (
    ColumnHistory,
    ProvenanceSerializer,
    TimelineSerializer,
    serialize_history,
    serialize_provenance,
)
from entities.api.pages.pagination import LIST_PARAMETERS, PARAMETER_DESCRIPTIONS, read_ordering
from entities.api.rows.api_columns import ApiColumn, get_column, get_record_columns
from entities.api.rows.page_rows import select_fields_of, write_page
from entities.api.rows.row_parameters import ROW_PARAMETERS, describe_row_parameters, read_shown_fields
from entities.api.rows.serializers import RowSerializer, make_record_serializer
from entities.api.rows.shown_fields import ShownField, get_record_fields, hidden_columns
from entities.api.search.found_records import SamePersonsSerializer, describe_same_persons
from entities.api.summaries.stage_view import ENTERED, ENTERED_PARAMETERS, StageActions
from entities.api.summaries.summary_view import (
    SUMMARY_LISTS,
    SUMMARY_PARAMETERS,
    SummaryActions,
    describe_summary,
)
from entities.models import Record, TimelineEntry
from entities.models.introspection import model_name, record_models
from entities.provenance import timeline_entries
from entities.search.same_persons import find_same_persons


class RowViewSet(ReadOnlyModelViewSet):
    """Lists and shows rows, and refuses query parameters that it does not know.

    Subclasses set the fields that lists show, the filters, the columns that lists can be ordered by, and the
    parameters of one row.
    """

    shown_fields: ClassVar[tuple[ShownField, ...]] = ()
    filterset_class: ClassVar[type[RowFilters]] = RowFilters
    orderable_columns: ClassVar[dict[str, ApiColumn]] = {}
    default_ordering: ClassVar[str] = "-id"
    detail_parameters: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self) -> QuerySet:
        """Return the rows that the user or token of the request sees."""
        rows = super().get_queryset()
        is_schema = getattr(self, "swagger_fake_view", False)
        return rows if is_schema else visible_to(viewer_of(self.request), rows)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("GET", "HEAD"):
            refuse_unknown(request, self.get_known_parameters(), self.get_list_parameters())

    def get_known_parameters(self) -> Collection[str]:
        """Return the names of the query parameters that the requested action takes."""
        if self.action != "list":
            # What is below a row, such as its history, takes none of them.
            return self.detail_parameters if self.action == "retrieve" else ()
        others = (*PARAMETER_DESCRIPTIONS, *ROW_PARAMETERS, FORMAT_PARAMETER)
        return dict.fromkeys((*self.get_filter_parameters(), *others))

    def get_filter_parameters(self) -> Collection[str]:
        """Return the names of all filters of a list, with those of keys that the request names."""
        filters = self.filterset_class
        return (
            *filters.base_filters,
            *(name for name in self.request.query_params if filters.find_filter(name)),
        )

    def get_list_parameters(self) -> Collection[str]:
        """Return the names of the query parameters that take several values, so that they may be repeated."""
        filters = self.filterset_class.base_filters | {
            name: found
            for name in self.request.query_params
            if (found := self.filterset_class.find_filter(name))
        }
        return {
            *LIST_PARAMETERS,
            *ROW_PARAMETERS,
            *(name for name, row_filter in filters.items() if row_filter.takes_list),
        }

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Filter lists only. References lead to one record in any state, so its address shows it."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Leave the choice to `list` if the request asks for a file; errors are JSON all the same."""
        if not force and self.action == "list" and self.shown_fields and asks_for_form(request):
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return a page of rows, or all of them as a file, with the fields that the request asks for."""
        fields = read_shown_fields(request, self.shown_fields)
        rows = self.filter_queryset(self.get_queryset())
        ordering = read_ordering(rows, request, self)
        if file_format := read_format(request):
            rows = rows.order_by(*(term.to_expression() for term in ordering))
            return export_list(request, file_format, rows, fields, name=self.basename)
        page = self.paginate_queryset(select_fields_of(rows, fields, (term.path for term in ordering)))
        return self.get_paginated_response(write_page(page or [], fields, viewer_of(request)))


def describe_list(
    serializer: type[RowSerializer], fields: Sequence[ShownField], *further: OpenApiParameter
) -> Any:
    """Return the description of a list for the schema, for `extend_schema_view`. further: parameters."""
    parameters = [*further, *describe_row_parameters(fields), FORMAT]
    return extend_schema(parameters=parameters, responses=describe_list_answers(serializer))


CURSOR_HEADER = OpenApiParameter(
    CHANGES_CURSOR_HEADER,
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="From where to follow the changes of what this page shows, by `changes/?after=`.",
)
INCLUDE_PARAMETERS = [
    OpenApiParameter(flag, bool, description="Accepted without effect: one record is shown in any state.")
    for flag in INCLUDE_FLAGS.values()
]

# Action -> the parameters that it takes besides the filters of the list.
FILTERED_ACTIONS = {
    "summary": SUMMARY_PARAMETERS,
    "funnel": (as_of.NAME, *ENTERED_PARAMETERS),
    "time_in_stage": (as_of.NAME,),
}


class RecordViewSet(SummaryActions, RowViewSet):
    """Lists and shows the records of one model; below each record, its timeline, history and provenance."""

    detail_parameters = (*INCLUDE_FLAGS.values(), *ROW_PARAMETERS)
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        # Lists and single records choose their columns themselves.
        return rows if self.action in ("list", "retrieve", "provenance") else rows.defer("registers")

    def get_known_parameters(self) -> Collection[str]:
        if self.action == "timeline":
            return tuple(PARAMETER_DESCRIPTIONS)
        if own := FILTERED_ACTIONS.get(self.action):
            return dict.fromkeys((*own, *self.get_filter_parameters()))
        return super().get_known_parameters()

    def get_list_parameters(self) -> Collection[str]:
        return {*super().get_list_parameters(), *SUMMARY_LISTS, "entered__in"}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return a page of records; a header has the cursor from which to follow their changes."""
        # Before the rows: what is committed between the two is then in both.
        cursor = read_changes_cursor(viewer_of(request))
        response = super().list(request, *args, **kwargs)
        response.headers[CHANGES_CURSOR_HEADER] = cursor
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one record, even if it is deleted or a placeholder."""
        fields = read_shown_fields(request, self.shown_fields)
        row = get_object_or_404(select_fields_of(self.get_queryset(), fields), pk=kwargs["pk"])
        return Response(write_page([row], fields, viewer_of(request))[0])

    @extend_schema(responses=TimelineSerializer(many=True))
    @action(
        detail=True,
        filter_backends=[],
        orderable_columns={"clock": get_column(TimelineEntry, "clock")},
        default_ordering="-clock",
    )
    def timeline(self, request: Request, **kwargs: str) -> Response:
        """Return the events that touched the record, newest first."""
        record, viewer = self.get_object(), viewer_of(request)
        entries = timeline_entries(record).select_related("event").defer("event__body")
        if not may_view_all_kinds(viewer):
            # What only refers to the record is about another one, which may be of a kind that is hidden.
            entries = entries.exclude(wrote={})
        page = self.paginate_queryset(entries)
        context = {"hidden_columns": hidden_columns(type(record), viewer)}
        return self.get_paginated_response(TimelineSerializer(page, many=True, context=context).data)

    @extend_schema(responses=SamePersonsSerializer)
    @action(detail=True)
    def same(self, request: Request, **kwargs: str) -> Response:
        """Return the records that may be the same person or company; none for other kinds of record."""
        found = find_same_persons(viewer_of(request), self.get_object())
        paths = {model_name(model): api_path(model) for model in record_models()}
        return Response(SamePersonsSerializer(describe_same_persons(found, paths, request)).data)

    @extend_schema(responses=dict[str, ColumnHistory])
    @action(detail=True)
    def history(self, request: Request, **kwargs: str) -> Response:
        """Return each tracked column's values, the periods of each value, and the changes between them."""
        return Response(serialize_history(self.get_object()))

    @extend_schema(responses=ProvenanceSerializer)
    @action(detail=True)
    def provenance(self, request: Request, **kwargs: str) -> Response:
        """Return the event that each value comes from."""
        record = self.get_object()
        hidden = hidden_columns(type(record), viewer_of(request))
        return Response(ProvenanceSerializer(serialize_provenance(record, hidden)).data)


def make_viewset(model: type[Record]) -> type[RecordViewSet]:
    """Make the viewset of a mirrored model."""
    columns = get_record_columns(model)
    fields = get_record_fields(model)
    serializer = make_record_serializer(model)
    parameters = describe_row_parameters(fields)
    viewset = type(
        f"{model.__name__}ViewSet",
        (StageActions, RecordViewSet) if model.stages else (RecordViewSet,),
        {
            "__doc__": f"Return the {model._meta.verbose_name_plural}, newest first.",
            "queryset": model._default_manager.all(),
            "serializer_class": serializer,
            "shown_fields": fields,
            "filterset_class": make_filterset(
                columns,
                RecordFilters,
                make_model_filters(model),
                find_closed_columns(model),
            ),
            "orderable_columns": {column.name: column for column in columns if column.is_orderable},
        },
    )
    described = {
        "retrieve": [*INCLUDE_PARAMETERS, *parameters],
        "summary": describe_summary(model),
    }
    if model.stages:
        described |= {"funnel": [as_of.PARAMETER, *ENTERED], "time_in_stage": [as_of.PARAMETER]}
    operations = {action: extend_schema(parameters=found) for action, found in described.items()}
    return extend_schema_view(list=describe_list(serializer, fields, CURSOR_HEADER), **operations)(viewset)


def api_path(model: type[Record]) -> str:
    """Return the part of the model's addresses that names it: form-submissions."""
    return str(model._meta.verbose_name_plural).replace(" ", "-")
