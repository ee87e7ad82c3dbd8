"""Middleware that answers programs that ask about health, before the middleware that serves people.

A load balancer, a cluster or Prometheus calls each process by the process's own address: with a Host that
is not in ALLOWED_HOSTS and, inside the network, without TLS. The middleware for people would refuse that.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from crmmirror.lib.web.direct_responses import respond_directly

Handler = Callable[[HttpRequest], HttpResponse]
PROBE_PATHS = ("/healthz", "/readyz")
# Answered directly only if a token is sent: without the session middleware, a browser's login is not known.
TOKEN_PATHS = ("/metrics",)


def health_check_middleware(get_response: Handler) -> Handler:
    """Answer probes, and programs with a token that read metrics, directly."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path in PROBE_PATHS or (path in TOKEN_PATHS and "Authorization" in request.headers):
            return respond_directly(resolve(path), request)
        return get_response(request)

    return middleware
