"""Errors of the API as application/problem+json (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error that Django REST framework knows; None, a 500, for any other.

    `errors` maps the name of a query parameter to what is wrong with it.
    """
    response = exception_handler(error, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    told = response.data
    body = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if "detail" in told and not isinstance(told["detail"], list):
        body["detail"] = told["detail"]
    else:
        body |= {"detail": summarize_errors(told), "errors": told}
    response.data = body
    response.content_type = "application/problem+json"
    return response


def summarize_errors(errors: dict[str, list[str]]) -> str:
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in errors.items())
