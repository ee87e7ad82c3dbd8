"""The API of events and sources, read-only. No field of it reveals a secret of a source."""

import base64

from drf_spectacular.utils import extend_schema_field, extend_schema_view
from rest_framework import serializers

from entities.access.visibility import Viewer, visible_to
from entities.api.filters.closed_words import ClosedWords, source_words
from entities.api.filters.column_filters import make_filterset
from entities.api.rows.api_columns import get_columns
from entities.api.rows.serializers import RowSerializer, SourcedSerializer, make_serializer
from entities.api.rows.shown_fields import show_columns
from entities.api.views import RowViewSet, describe_list
from entities.reading.fetched.fetched_plans import all_event_types
from events.models import Event, Source

# The states of events whose type no vendor's module may know; an index has them.
UNAPPLIED = (Event.Status.IGNORED, Event.Status.FAILED, Event.Status.MALFORMED)
EVENT_FIELDS = [
    "id",
    "source",
    "event_type",
    "occurred_at",
    "received_at",
    "scope",
    "origin",
    "status",
    "warnings",
    "error",
    "attempts",
    "pruned_at",
]
EVENT_COLUMNS = get_columns(Event, EVENT_FIELDS)
# Without the uuid: it is the only secret of a source whose scheme is "none".
SOURCE_FIELDS = ["slug", "vendor", "scheme", "active", "assumed_currency", "created_at"]
SOURCE_COLUMNS = get_columns(Source, SOURCE_FIELDS)


class EventSerializerBase(SourcedSerializer):
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)


class EventDetailSerializer(EventSerializerBase):
    """An event with its body and headers."""

    has_optional_fields = False
    body = serializers.SerializerMethodField(
        help_text="As text if it is UTF-8, else in base64; null if it has been removed, at pruned_at."
    )
    body_encoding = serializers.SerializerMethodField(help_text="Null without a body.")
    headers = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Event
        fields = [*EVENT_FIELDS, "body", "body_encoding", "headers"]
        read_only_fields = fields

    def get_body(self, event: Event) -> str | None:
        return None if event.pruned_at else decode_body(event)[0]

    @extend_schema_field({"type": "string", "enum": ["utf-8", "base64", None], "nullable": True})
    def get_body_encoding(self, event: Event) -> str | None:
        return None if event.pruned_at else decode_body(event)[1]


def decode_body(event: Event) -> tuple[str, str]:
    """Return the body as text, and its encoding: utf-8, or base64 if the bytes are not UTF-8."""
    body = bytes(event.body)
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def list_event_types(viewer: Viewer) -> list[str]:
    """Return the event types that the vendors' modules know."""
    return sorted(all_event_types())


def has_unknown_type(viewer: Viewer, event_type: str) -> bool:
    """Return True if the viewer sees an event of a type that no vendor's module knows: an unapplied one."""
    events = Event.objects.filter(event_type=event_type, status__in=UNAPPLIED)
    return visible_to(viewer, events).exists()


EventSerializer = make_serializer(Event, EVENT_FIELDS, EventSerializerBase)


@extend_schema_view(list=describe_list(EventSerializer, show_columns(EVENT_COLUMNS)))
class EventViewSet(RowViewSet):
    """The log, newest first."""

    queryset = Event.objects.select_related("source")
    shown_fields = show_columns(EVENT_COLUMNS)
    filterset_class = make_filterset(
        EVENT_COLUMNS,
        closed_columns={
            "source": source_words(Source),
            "event_type": ClosedWords(list_event_types, has_unknown_type),
        },
    )
    orderable_columns = {column.name: column for column in EVENT_COLUMNS if column.is_orderable}
    lookup_value_converter = "int"

    def get_serializer_class(self) -> type[RowSerializer]:
        return EventSerializer if self.action == "list" else EventDetailSerializer


SourceSerializer = make_serializer(Source, SOURCE_FIELDS, RowSerializer)


@extend_schema_view(list=describe_list(SourceSerializer, show_columns(SOURCE_COLUMNS)))
class SourceViewSet(RowViewSet):
    """The accounts that deliver to the mirror."""

    queryset = Source.objects.all()
    shown_fields = show_columns(SOURCE_COLUMNS)
    serializer_class = SourceSerializer
    filterset_class = make_filterset(SOURCE_COLUMNS)
    orderable_columns = {column.name: column for column in SOURCE_COLUMNS}
    default_ordering = "slug"
    lookup_field = "slug"
    lookup_value_converter = "slug"
