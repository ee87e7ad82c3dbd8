"""Middleware for readers: bounds the wait for what they upload, and adds security headers."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from crmmirror.lib.web.busy_responses import Busy, busy_response
from crmmirror.lib.web.upload_slots import NoFreeSlot, page_slots

NO_UPLOAD_SLOT = Busy(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Too many forms arrive at once",
    "The mirror waits for as many forms as it may, of all clients or of your address. Yours was not read.",
    10,
)

Handler = Callable[[HttpRequest], HttpResponse]


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
            return busy_response(request, NO_UPLOAD_SLOT)
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
