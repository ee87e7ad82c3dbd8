"""The headers that every answer has which does not bring its own; those beyond Django's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def strict_headers(handle: Handler) -> Handler:
    """No inline script or style, nothing from elsewhere; vendors' text is shown on these pages."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer
