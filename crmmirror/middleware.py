"""Middleware for readers: bounds the wait for uploads, adds headers, or refuses them (WEB_ROLE)."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError

from crmmirror.lib.web.busy_responses import Busy, busy_response
from crmmirror.lib.web.upload_slots import NoFreeSlot, page_slots

NO_UPLOAD_SLOT = Busy(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Too many forms arrive at once",
    "The mirror waits for as many forms as it may, of all clients or of your address. Yours was not read.",
    10,
)
# The answer of a process for deliveries to anything else (RFC 9110: Misdirected Request).
MISDIRECTED_PROBLEM = {
    "type": "urn:crmmirror:problem:misdirected",
    "title": "This address takes deliveries only",
    "status": 421,
    "detail": "Use the address of the mirror's pages and API: the setting WEB_URL names it.",
}

Handler = Callable[[HttpRequest], HttpResponse]


def role_middleware(get_response: Handler) -> Handler:
    """Answer 421 to everything, in a process for deliveries: readers would take time from them.

    Raises MiddlewareNotUsed, by which Django leaves it out, in a process that answers all.
    """
    if settings.WEB_ROLE == "all":
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        return JsonResponse(MISDIRECTED_PROBLEM, status=421, content_type="application/problem+json")

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
