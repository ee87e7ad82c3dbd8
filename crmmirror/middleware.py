"""What holds for every request: how long it waits for the database and for what is posted, and the headers
of its answer."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from crmmirror.lib.statement_timeout import statement_timeout
from crmmirror.lib.upload_slots import NoFreeSlot, page_slots

# A page that has not come after a minute is not waited for any more.
STATEMENT_TIMEOUT_SECONDS = 60.0
RETRY_AFTER_SECONDS = 10

Handler = Callable[[HttpRequest], HttpResponse]


def statement_timeout_middleware(handle: Handler) -> Handler:
    """A database that hangs does not hold the server's threads for ever."""

    def answer(request: HttpRequest) -> HttpResponse:
        with statement_timeout(STATEMENT_TIMEOUT_SECONDS):
            return handle(request)

    return answer


def upload_slot_middleware(handle: Handler) -> Handler:
    """What is posted is read here, so that strangers who send it slowly hold few of the server's threads."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return handle(request)
        try:
            with page_slots.hold(request.META):
                request.body  # noqa: B018 - reading it is what is waited for.
        except NoFreeSlot:
            return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        except UnreadablePostError:
            return HttpResponse(status=400)
        return handle(request)

    return answer


def security_headers_middleware(handle: Handler) -> Handler:
    """Those beyond Django's, unless the answer brings its own: no inline script or style, nothing from
    elsewhere; vendors' text is shown on these pages."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer
