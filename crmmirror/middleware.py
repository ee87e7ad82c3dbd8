"""What holds for every request: how long it waits for the database, and the headers of its answer."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from events import patience

# A page that has not come after a minute is not waited for any more.
DATABASE_SECONDS = 60.0

Handler = Callable[[HttpRequest], HttpResponse]


def patient(handle: Handler) -> Handler:
    """A database that hangs does not hold the server's threads for ever."""

    def answer(request: HttpRequest) -> HttpResponse:
        with patience.within(DATABASE_SECONDS):
            return handle(request)

    return answer


def strict_headers(handle: Handler) -> Handler:
    """Those beyond Django's, unless the answer brings its own: no inline script or style, nothing from
    elsewhere; vendors' text is shown on these pages."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer
