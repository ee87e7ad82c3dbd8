"""The Content-Security-Policy of every answer that does not bring its own."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def content_security_policy(handle: Handler) -> Handler:
    """No inline script or style, nothing from elsewhere; vendors' text is shown on these pages."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response

    return answer
