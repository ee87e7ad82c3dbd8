"""Middleware that answers deliveries ahead of the middleware that serves people.

A delivery needs no session, message, CSRF token, redirect or Host check. Together these would cost as much as
checking and storing the delivery.
"""

from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from crmmirror.lib.database.statement_timeout import statement_timeout
from crmmirror.lib.web.direct_responses import respond_directly

Handler = Callable[[HttpRequest], HttpResponse]
PREFIX = "/webhooks/"
# The URL configuration of what is below PREFIX.
URLCONF = "events.urls"
# Senders give up after 15 s or more. The 503 that asks them to try again must be sent well before that.
STATEMENT_TIMEOUT_SECONDS = 4.0


# Speed: ahead of the middleware for people, where another handler than the WSGI application runs. See
# docs/speed.md.
def delivery_middleware(get_response: Handler) -> Handler:
    """Answer what is sent to a source's address directly."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_delivery = request.path_info.startswith(PREFIX)
        return answer_delivery(request) if is_delivery else get_response(request)

    return middleware


def answer_delivery(request: HttpRequest) -> HttpResponse:
    """Answer a request whose path begins with PREFIX, with a statement timeout of its own.

    A path that is no address of a source is answered by the view too, with a 404 that is counted.
    """
    match = _resolve(request.path_info[len(PREFIX) - 1 :])
    with statement_timeout(STATEMENT_TIMEOUT_SECONDS):
        return respond_directly(match, request)


# Speed: caches the view of a path, and looks it up in a URL configuration of three lines instead of the whole
# mirror's. See docs/speed.md.
@lru_cache(maxsize=256)
def _resolve(path: str) -> ResolverMatch:
    return resolve(path, URLCONF)
