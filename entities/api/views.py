"""The addresses of the mirrored records: one viewset a model, made from its columns."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from entities.api.api_columns import ApiColumn, get_column, record_columns
from entities.api.column_filters import INCLUDE_FLAGS, RecordFilters, RowFilters, make_filterset
from entities.api.query_parameters import refuse_unknown
from entities.api.record_history import (
    ColumnHistory,
    ProvenanceSerializer,
    TimelineSerializer,
    serialize_history,
    serialize_provenance,
)
from entities.api.serializers import RecordSerializer, make_serializer
from entities.models import Record, TimelineEntry
from entities.provenance import timeline_entries


class RowViewSet(ReadOnlyModelViewSet):
    """Lists and shows rows, and refuses query parameters that it does not know."""

    filterset_class: ClassVar[type[RowFilters]] = RowFilters
    orderable: ClassVar[dict[str, ApiColumn]] = {}
    default_ordering: ClassVar[str] = "-id"
    detail_parameters: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("GET", "HEAD"):
            refuse_unknown(request, self.known_parameters())

    def known_parameters(self) -> Collection[str]:
        if self.action != "list":
            return self.detail_parameters
        return {**self.filterset_class.base_filters, **dict.fromkeys(("cursor", "page_size", "ordering"))}

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Filters are for lists: a reference may lead to any record, and its address shows it."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset


LEFT_OUT_FLAGS = [
    OpenApiParameter(flag, bool, description="Changes nothing here: one record is always shown.")
    for flag in INCLUDE_FLAGS.values()
]


class RecordViewSet(RowViewSet):
    detail_parameters = tuple(INCLUDE_FLAGS.values())
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().select_related("source")
        return rows if self.action == "provenance" else rows.defer("registers")

    def known_parameters(self) -> Collection[str]:
        if self.action == "timeline":
            return ("cursor", "page_size", "ordering")
        return super().known_parameters()

    @extend_schema(parameters=LEFT_OUT_FLAGS)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One record, also where it is deleted or a placeholder."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(responses=TimelineSerializer(many=True))
    @action(
        detail=True,
        filter_backends=[],
        orderable={"clock": get_column(TimelineEntry, "clock")},
        default_ordering="-clock",
    )
    def timeline(self, request: Request, **kwargs: str) -> Response:
        """The events that touched the record, newest first."""
        entries = timeline_entries(self.get_object()).select_related("event").defer("event__body")
        page = self.paginate_queryset(entries)
        return self.get_paginated_response(TimelineSerializer(page, many=True).data)

    @extend_schema(responses=dict[str, ColumnHistory])
    @action(detail=True)
    def history(self, request: Request, **kwargs: str) -> Response:
        """Every value that a tracked column has had, its unbroken runs, and the changes between them."""
        return Response(serialize_history(self.get_object()))

    @extend_schema(responses=ProvenanceSerializer)
    @action(detail=True)
    def provenance(self, request: Request, **kwargs: str) -> Response:
        """The event that each value is from."""
        return Response(ProvenanceSerializer(serialize_provenance(self.get_object())).data)


def make_viewset(model: type[Record]) -> type[RecordViewSet]:
    columns = record_columns(model)
    return type(
        f"{model.__name__}ViewSet",
        (RecordViewSet,),
        {
            "__doc__": f"The {model._meta.verbose_name_plural}, newest first.",
            "queryset": model._default_manager.all(),
            "serializer_class": make_serializer(model, [column.name for column in columns], RecordSerializer),
            "filterset_class": make_filterset(columns, RecordFilters),
            "orderable": {column.name: column for column in columns if column.is_orderable},
        },
    )


def api_path(model: type[Record]) -> str:
    """Such as form-submissions."""
    return str(model._meta.verbose_name_plural).replace(" ", "-")
