"""Which file a request asks for instead of pages, and how the OpenAPI schema describes that."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from entities.api.exports.file_formats import FILE_FORMATS, FORMAT_PARAMETER, PAGED, FileFormat, find_format
from entities.api.filters.parameter_values import quote_value

FORMAT = OpenApiParameter(
    FORMAT_PARAMETER,
    {"type": "string", "enum": [PAGED, *FILE_FORMATS], "default": PAGED},
    description=(
        "The form of the answer, which the header Accept can say too: pages, or a file with all rows. For a"
        " file cursor, page_size and expand have no effect."
    ),
)


def describe_list_answers(serializer: type[BaseSerializer]) -> dict[Any, Any]:
    """Return the answers of a list by status and media type."""
    files = {(200, file_format.media_type): OpenApiTypes.BINARY for file_format in FILE_FORMATS.values()}
    return {(200, "application/json"): serializer(many=True), **files}


def asks_for_form(request: Request) -> bool:
    """Return True if the request says by `format`, or by a media type of a file, what it wants."""
    return FORMAT_PARAMETER in request.query_params or _find(request) is not None


def read_format(request: Request) -> FileFormat | None:
    """Return the format of the file that the request asks for; None for pages. Raises ValidationError."""
    name = request.query_params.get(FORMAT_PARAMETER)
    if name not in (None, PAGED, *FILE_FORMATS):
        choices = ", ".join((PAGED, *FILE_FORMATS))
        message = f"There is no format {quote_value(str(name))}. Choose from: {choices}."
        raise ValidationError({FORMAT_PARAMETER: [message]})
    return _find(request)


def _find(request: Request) -> FileFormat | None:
    parameter = request.query_params.get(FORMAT_PARAMETER)
    return find_format(parameter, request.headers.get("Accept", ""))
