"""The answer to a request whose database statement was cut, or which found no connection: 503, try again."""

import sys
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from crmmirror.lib.transient_errors import is_unanswered
from crmmirror.lib.web.busy_responses import Busy, busy_response

log = structlog.get_logger(__name__)

DATABASE_UNANSWERED = Busy(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database did not answer in time",
    "It is busy or away, for example because an upgrade changes tables, or because much is asked for at once."
    " If it happens again, ask for less: a narrower filter, a smaller page.",
    10,
    was_begun=True,
)


def answer_error(request: HttpRequest) -> HttpResponse:
    """Answer an error of any page: 503 if the database gave no answer in time, else Django's own 500.

    Django calls this (`handler500`) while it handles the error, and passes only the request.
    """
    error = sys.exc_info()[1]
    if error is None or not is_unanswered(error):
        return server_error(request)
    log_cut_request(request, error)
    return busy_response(request, DATABASE_UNANSWERED)


def log_cut_request(request: HttpRequest, error: BaseException) -> None:
    """Log one line, with the error's class only: its text may quote the statement, and so values."""
    log.warning("request_cut", path=request.path, error=type(error.__cause__ or error).__name__)
