"""Middleware for readers: bounds their waits for database and uploads, and adds security headers."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from crmmirror.lib.statement_timeout import statement_timeout
from crmmirror.lib.web.upload_slots import NoFreeSlot, page_slots
from crmmirror.postgresql.pools import Pool, use_pool

# How much longer than STATEMENT_SECONDS this side waits: a server that works cuts the statement before.
FROZEN_SERVER_SECONDS = 5.0
RETRY_AFTER_SECONDS = 10

Handler = Callable[[HttpRequest], HttpResponse]


def reader_middleware(get_response: Handler) -> Handler:
    """Give readers connections of their own, on which the server cuts statements after STATEMENT_SECONDS.

    A statement timeout on this side ends the wait for a server that is frozen and so cuts nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        seconds = settings.STATEMENT_SECONDS + FROZEN_SERVER_SECONDS
        with use_pool(Pool.READERS), statement_timeout(seconds):
            return get_response(request)

    return middleware


def upload_slot_middleware(get_response: Handler) -> Handler:
    """Read the body of a POST while holding an upload slot, so that slow senders hold few of the threads.

    Answers 503 if no slot is free, and 400 if the sender hangs up.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return get_response(request)
        try:
            with page_slots.hold(request.META):
                request.body  # noqa: B018 - reading it waits for the sender, and caches it for the view.
        except NoFreeSlot:
            return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        except UnreadablePostError:
            return HttpResponse(status=400)
        return get_response(request)

    return middleware


def security_headers_middleware(get_response: Handler) -> Handler:
    """Add SECURITY_HEADERS, unless the response has its own.

    The pages show text that vendors sent; the Content-Security-Policy forbids scripts in it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware
