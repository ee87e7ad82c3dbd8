"""Middleware that notices a proxy in front which the settings do not fit, instead of redirecting for ever.

A proxy that ends TLS passes plain requests on. Unless it is believed when it says that its client used TLS,
each of them is redirected to https, which comes back as a plain one.
"""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.log_bound import LogBound

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]

FORGOTTEN = (
    "This request came over plain HTTP and says that a proxy has used TLS (X-Forwarded-Proto: https), but no"
    " proxy is to be believed. If there is one in front, set BEHIND_PROXY=true for the web processes and"
    " start them again."
)
SILENT = (
    "This request came over plain HTTP and without the header X-Forwarded-Proto, which the proxy in front has"
    " to set, because BEHIND_PROXY is on. Let the proxy set it, or ask the proxy and not this server."
)
# A 4xx, although a setting is wrong: everybody can send the header, and must not raise the alarms of a 5xx.
STATUS = 400
log_bound = LogBound()


def proxy_check_middleware(get_response: Handler) -> Handler:
    """Answer 400 with what to set, instead of a redirect to https that would lead here again."""

    def middleware(request: HttpRequest) -> HttpResponse:
        problem = _find_problem(request) if settings.SECURE_SSL_REDIRECT else ""
        if not problem:
            return get_response(request)
        log_bound.write(problem, log.error, "proxy_settings_wrong", problem=problem)
        return HttpResponse(
            f"{problem}\n", status=STATUS, content_type="text/plain", headers={"Cache-Control": "no-store"}
        )

    return middleware


def _find_problem(request: HttpRequest) -> str:
    """Return what is wrong between the proxy and the settings; empty if nothing is known to be.

    What the header says is never believed here; without BEHIND_PROXY it only takes a redirect away.
    """
    protocol = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()
    if settings.BEHIND_PROXY:
        return "" if protocol or request.is_secure() else SILENT
    return FORGOTTEN if protocol == "https" and not request.is_secure() else ""
