"""The addresses of the feed: `GET /api/v1/changes/` and `GET /api/v1/changes/digest/`."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from entities.access.visibility import viewer_of
from entities.api.changes.change_cursors import make_cursor
from entities.api.changes.change_pages import read_page
from entities.api.changes.changed_records import ChangesSerializer, describe_changes
from entities.api.changes.changes_query import FLAGS, read_cursor, read_query
from entities.api.changes.copy_digest import MAX_CHANGED, compute_digest
from entities.api.changes.feed_lag import measure_lag
from entities.api.changes.reader_scope import ReaderScope
from entities.api.filters.query_parameters import refuse_unknown
from entities.api.pages.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, make_link_header, read_page_size
from entities.feed.feed_position import read_position
from entities.feed.numbering import number_changes
from entities.models.introspection import entities_by_name, entity_name, record_models_by_name

ENTITY_NAMES = sorted(entities_by_name())
PROBLEM: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
FLAG_PARAMETERS = [
    OpenApiParameter(flag, bool, description="As of the list that the copy is made from.") for flag in FLAGS
]
CHANGES_PARAMETERS = [
    OpenApiParameter("after", str, description="The cursor of the answer before, or of a list."),
    OpenApiParameter(
        "entity",
        {"type": "array", "items": {"type": "string", "enum": ENTITY_NAMES}, "minItems": 1},
        description="Only these kinds of record, separated by commas or given by repeating the parameter.",
        explode=True,
        style="form",
    ),
    OpenApiParameter(
        "page_size",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
        description="The number of changes in a page.",
    ),
    *FLAG_PARAMETERS,
]
DIGEST_PARAMETERS = [
    OpenApiParameter(
        "entity", {"type": "string", "enum": ENTITY_NAMES}, required=True, description="The kind of record."
    ),
    OpenApiParameter("at", str, description="The cursor of the copy; without one, the records of now."),
    *FLAG_PARAMETERS,
]


class TooManyChanges(APIException):
    """The copy is too far behind to be compared."""

    status_code = 409
    default_detail = (
        f"More than {MAX_CHANGED} records, or what you may see, have changed since this cursor. Follow the"
        " changes to the end, and compare then."
    )
    default_code = "too-many-changes"


class DigestSerializer(serializers.Serializer):
    """The digest of the records of one kind that have not changed since a cursor, and the ids of the others.

    `count`: how many they are. `digest`: 16 hexadecimal digits.
    """

    entity = serializers.CharField()
    count = serializers.IntegerField()
    digest = serializers.CharField()
    changed = serializers.ListField(child=serializers.IntegerField())


class ChangesView(APIView):
    """The change feed of the records that the user may see."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=CHANGES_PARAMETERS,
        responses={200: ChangesSerializer, (410, "application/problem+json"): PROBLEM},
        operation_id="changes",
    )
    def get(self, request: Request) -> Response:
        """Return each record that has changed since a cursor, once, as it is now; without a cursor, all.

        A reader numbers what no worker has numbered yet, so that what is committed is shown at once.
        """
        refuse_unknown(request, [parameter.name for parameter in CHANGES_PARAMETERS], {"entity"})
        size = read_page_size(request)
        viewer = viewer_of(request)
        scope = ReaderScope.of(viewer)
        query = read_query(request, scope, takes_list=True)
        number_changes()
        end = read_position()
        cursor = read_cursor(request, "after", end, query)
        page = read_page(cursor, end, scope, query.dump(), query.entities, size)
        next_cursor = str(page.cursor)
        lag = measure_lag(viewer, scope)
        address = replace_query_param(request.build_absolute_uri(), "after", next_cursor)
        next_page = address if page.has_more else None
        return Response(
            {
                "next": next_page,
                "cursor": next_cursor,
                "behind_seconds": lag.behind_seconds,
                "pending": lag.pending,
                "results": describe_changes(page.changes, viewer, scope, query.flags),
            },
            headers=make_link_header(next_page),
        )


class ChangesDigestView(APIView):
    """The digest that a copy of one kind of record is compared with."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=DIGEST_PARAMETERS,
        responses={
            200: DigestSerializer,
            (409, "application/problem+json"): PROBLEM,
            (410, "application/problem+json"): PROBLEM,
        },
        operation_id="changes_digest",
    )
    def get(self, request: Request) -> Response:
        """Return the digest of the rows that a copy with this cursor has, except those that changed since."""
        refuse_unknown(request, [parameter.name for parameter in DIGEST_PARAMETERS])
        viewer = viewer_of(request)
        scope = ReaderScope.of(viewer)
        query = read_query(request, scope, takes_list=False)
        number_changes()
        end = read_position()
        cursor = read_cursor(request, "at", end, query) or make_cursor(end, scope)
        if cursor.walk or cursor.scope_digest != scope.digest():
            raise TooManyChanges
        (name,) = query.entities
        model = record_models_by_name()[name]
        digest = compute_digest(model, viewer, scope, cursor.number, query.flags)
        if len(digest.changed) > MAX_CHANGED:
            raise TooManyChanges
        return Response(DigestSerializer({"entity": entity_name(name), **vars(digest)}).data)
