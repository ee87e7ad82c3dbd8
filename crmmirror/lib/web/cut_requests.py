"""The answer to a request that the database has not served: 503, try again.

Its statement was cut, it found no connection, or it needs a change and the database is read-only.
"""

import sys
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.database.transient_errors import is_read_only, is_unanswered
from crmmirror.lib.log_bound import LogBound, shorten_line
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
DATABASE_READ_ONLY = Busy(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database takes no changes now",
    "It is read-only, as during a failover, and nothing was changed. Who is logged in can go on reading;"
    " logging in, logging out and all forms need changes. If it goes on, /readyz says what to do.",
    10,
)
log_bound = LogBound()


def answer_cut_request(request: HttpRequest) -> HttpResponse | None:
    """Return a 503 if the database has not served the request; None if the error is of another kind.

    Call it while the error is handled: Django's `handler500` gets only the request.
    """
    error = sys.exc_info()[1]
    busy = find_busy(error) if error else None
    if error is None or busy is None:
        return None
    log_cut_request(request, error)
    return busy_response(request, busy)


def find_busy(error: BaseException) -> Busy | None:
    """Return what to answer if the database has not served a request; None for an error of another kind."""
    if is_read_only(error):
        return DATABASE_READ_ONLY
    return DATABASE_UNANSWERED if is_unanswered(error) else None


def log_cut_request(request: HttpRequest, error: BaseException) -> None:
    """Log one line a minute for each class of error.

    It has the class only, because the error's text may quote the statement, and so values.
    """
    error_class = type(error.__cause__ or error).__name__
    path = shorten_line(request.path)
    log_bound.write(error_class, log.warning, "request_cut", path=path, error=error_class)
