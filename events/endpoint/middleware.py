"""Answers deliveries ahead of the middleware that serves people.

Sessions, messages, CSRF tokens, redirects and the Host mean nothing to a delivery, and cost as much
as checking and storing it does.
"""

from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from crmmirror.lib.direct_responses import respond_directly
from crmmirror.lib.statement_timeout import statement_timeout

Handler = Callable[[HttpRequest], HttpResponse]
PREFIX = "/webhooks/"
# What is below it: looking through all of the mirror's addresses takes longer.
URLCONF = "events.urls"
# Senders give up after 15 s or more; the answer that says "try again" comes well before.
STATEMENT_TIMEOUT_SECONDS = 4.0


def delivery_middleware(get_response: Handler) -> Handler:
    """Answer what is sent to a source's address directly, with a statement timeout of its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        match = _view_at(request.path_info[len(PREFIX) - 1 :])
        with statement_timeout(STATEMENT_TIMEOUT_SECONDS):
            return respond_directly(match, request)

    return middleware


@lru_cache(maxsize=256)
def _view_at(path: str) -> ResolverMatch:
    return resolve(path, URLCONF)
