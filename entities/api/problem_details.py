"""Errors of the API as problem details: application/problem+json, RFC 9457."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from crmmirror.lib.database.transient_errors import is_read_only, is_unanswered
from crmmirror.lib.web.busy_responses import PROBLEM_MEDIA_TYPE, problem_content
from crmmirror.lib.web.cut_requests import DATABASE_READ_ONLY, DATABASE_UNANSWERED, log_cut_request


class DatabaseUnanswered(APIException):
    """The database gave no answer in time. wait: the seconds that the framework puts into Retry-After."""

    status_code = DATABASE_UNANSWERED.status
    default_detail = DATABASE_UNANSWERED.problem_detail
    default_code = "unanswered"
    wait = DATABASE_UNANSWERED.retry_seconds


class DatabaseReadOnly(DatabaseUnanswered):
    """The request needs a change, such as the count of a wrong token, and the database takes none."""

    default_detail = DATABASE_READ_ONLY.problem_detail
    default_code = "read-only"


class SearchKeysMissing(APIException):
    """The mirror is from before the search keys, and was not rebuilt since."""

    status_code = 503
    default_detail = "The search keys of the records are missing: rebuild_mirror makes them."
    default_code = "search-keys-missing"
    # A rebuild takes minutes.
    wait = 60


def _translate(error: Exception) -> Exception:
    """Return the framework's error for one of Django's or of the database that it does not know."""
    if is_read_only(error):
        return DatabaseReadOnly()
    if is_unanswered(error):
        return DatabaseUnanswered()
    if isinstance(error, TooManyFieldsSent):
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return ParseError(f"There are more than {limit} parameters. Write lists with commas.")
    return error


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an error of Django REST framework, or to a database that gave none in time.

    Return None for any other error, which becomes a 500. The body's `errors` maps the name of each wrong
    query parameter to what is wrong with it.
    """
    is_cut = is_unanswered(error) or is_read_only(error)
    response = exception_handler(_translate(error), context)
    if response is None:
        return None
    if is_cut:
        log_cut_request(context["request"], error)
        # Stops Django's own line, which would be a second one.
        response._has_been_logged = True  # type: ignore[attr-defined]
    response.data = problem_content(HTTPStatus(response.status_code)) | describe_errors(response.data)
    response.content_type = PROBLEM_MEDIA_TYPE
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
