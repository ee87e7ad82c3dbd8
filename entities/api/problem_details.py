"""Errors of the API as problem details: application/problem+json, RFC 9457."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from rest_framework.exceptions import ParseError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an error of Django REST framework, or None for any other, which becomes a 500.

    The body's `errors` maps the name of each wrong query parameter to what is wrong with it.
    """
    if isinstance(error, TooManyFieldsSent):
        error = ParseError(
            f"There are more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} parameters."
            " Write lists with commas."
        )
    response = exception_handler(error, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    body = {"type": "about:blank", "title": status.phrase, "status": status.value}
    response.data = body | describe_errors(response.data)
    response.content_type = "application/problem+json"
    return response


def describe_errors(errors: dict[str, Any]) -> dict[str, Any]:
    """Return the problem's `detail`, and its `errors` if they belong to query parameters.

    A `detail` that is a list is not the framework's: it holds the errors of a parameter of that name.
    """
    if "detail" in errors and not isinstance(errors["detail"], list):
        return {"detail": errors["detail"]}
    return {"detail": summarize_errors(errors), "errors": errors}


def summarize_errors(errors: dict[str, list[str]]) -> str:
    """Return the errors of all parameters as one text."""
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in errors.items())
