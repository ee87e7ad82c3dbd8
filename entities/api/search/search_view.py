"""The address that searches all kinds of records: `GET /api/v1/search/?q=`."""

from django import forms
from django.core.exceptions import ValidationError as FieldError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from entities.access.visibility import viewer_of
from entities.access.visible_kinds import may_view
from entities.api.filters.parameter_values import TEXT_PATTERN
from entities.api.filters.query_parameters import refuse_unknown
from entities.api.problem_details import SearchKeysMissing
from entities.api.search.found_records import SearchSerializer, describe_group, describe_name
from entities.api.views import api_path
from entities.models.introspection import record_models_by_name, scope_model_name
from entities.search.searching import search
from entities.search.visible_documents import lacks_documents

QUERY = OpenApiParameter(
    "q",
    {"type": "string", "minLength": 1, "pattern": TEXT_PATTERN},
    required=True,
    description=(
        'Beginnings of words, a "phrase in quotes", a phone number in any notation or its last digits, an'
        " email, a number or a vendor's id."
    ),
)


def read_text(request: Request) -> str:
    """Return what to search for. Raises ValidationError without `q`, or for a text that none can contain."""
    if "q" not in request.query_params:
        raise ValidationError({"q": ["Write what to search for."]})
    try:
        return forms.CharField(required=False).clean(request.query_params["q"])
    except FieldError as error:
        raise ValidationError({"q": error.messages}) from None


class SearchView(APIView):
    """Searches all kinds of records that the user may see; at most 20 hits of each kind."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=[QUERY], responses=SearchSerializer, operation_id="search")
    def get(self, request: Request) -> Response:
        """Return the records that the text finds, best first, grouped by kind."""
        refuse_unknown(request, ("q",))
        viewer = viewer_of(request)
        result = search(viewer, read_text(request))
        if not result.groups and not result.names and lacks_documents():
            raise SearchKeysMissing
        groups = [describe_group(group, api_path(group.model), request) for group in result.groups]
        shows_scope = may_view(viewer, record_models_by_name()[scope_model_name()])
        names = [describe_name(name, shows_scope=shows_scope) for name in result.names]
        return Response(SearchSerializer({"groups": groups, "names": names}).data)
