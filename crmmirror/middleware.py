"""Middleware for readers: bounds the wait for uploads, adds headers, compresses, or refuses (WEB_ROLE)."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.cache import patch_vary_headers

from crmmirror.lib.web.busy_responses import PROBLEM_MEDIA_TYPE, Busy, busy_response
from crmmirror.lib.web.compressed_answers import accepts_gzip, compress_answer
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

API_PREFIX = "/api/"
# What answers of the API depend on besides their address. A cache in between must not mix them up.
VARY_HEADERS = ("Accept", "Accept-Encoding", "Authorization", "Cookie")
COMPRESSED_TYPES = ("application/json", PROBLEM_MEDIA_TYPE)

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


def api_answer_middleware(get_response: Handler) -> Handler:
    """Keep answers of the API out of shared caches, and compress those to programs.

    Answers to a session are not compressed: another site can make a browser send its cookies, choose a part
    of the answer (the address in `next`), and guess the rest by its compressed length (BREACH). It cannot
    make one send a token.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # What is the same for everybody says itself how long it may be kept.
        if not request.path_info.startswith(API_PREFIX) or response.has_header("Cache-Control"):
            return response
        response.headers["Cache-Control"] = "private"
        patch_vary_headers(response, VARY_HEADERS)
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        has_token = "Authorization" in request.headers
        if has_token and media_type in COMPRESSED_TYPES and accepts_gzip(request):
            compress_answer(response)
        return response

    return middleware
