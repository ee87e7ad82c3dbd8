"""The answer to a request whose database statement was cut, or which found no connection: 503, try again."""

import sys

import structlog
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from crmmirror.lib.transient_errors import is_unanswered

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 10


def answer_error(request: HttpRequest) -> HttpResponse:
    """Answer an error of any page: 503 if the database gave no answer in time, else Django's own 500.

    Django calls this (`handler500`) while it handles the error, and passes only the request.
    """
    error = sys.exc_info()[1]
    if error is None or not is_unanswered(error):
        return server_error(request)
    # Without the request: its user and its messages would be read from the database.
    page = render_to_string(
        "cut_request.html", {"seconds": RETRY_AFTER_SECONDS, "site_header": admin.site.site_header}
    )
    response = HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    log_cut_request(request, response, error)
    return response


def log_cut_request(request: HttpRequest, response: HttpResponse, error: BaseException) -> None:
    """Log one line, with the error's class only: its text may quote the statement, and so values."""
    log.warning("request_cut", path=request.path, error=type(error.__cause__ or error).__name__)
    # Stops Django's own line, which would be a second one.
    response._has_been_logged = True  # type: ignore[attr-defined]
