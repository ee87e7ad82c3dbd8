"""Middleware that answers programs that ask about health, before the middleware that serves people.

A load balancer, a cluster or Prometheus calls each process by the process's own address: with a Host that
is not in ALLOWED_HOSTS and, inside the network, without TLS. The middleware for people would refuse that.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from crmmirror.lib.web.direct_responses import respond_directly
from crmmirror.readers.middleware import reader_middleware

Handler = Callable[[HttpRequest], HttpResponse]
PROBE_PATHS = ("/healthz", "/readyz")
# Answered directly only if a token is sent: without the session middleware, a browser's login is not known.
TOKEN_PATHS = ("/metrics",)


def health_check_middleware(get_response: Handler) -> Handler:
    """Answer probes, and programs with a token that read metrics, directly.

    Whoever sends an API token is a reader, with the limits of one. Prometheus with the METRICS_TOKEN is not:
    it must see what happens while readers use up theirs.
    """
    answer_reader = reader_middleware(_respond)

    def middleware(request: HttpRequest) -> HttpResponse:
        path, authorization = request.path_info, request.headers.get("Authorization")
        if path in PROBE_PATHS:
            return _respond(request)
        if path in TOKEN_PATHS and authorization is not None:
            is_bearer = authorization.lower().startswith("bearer ")
            return _respond(request) if is_bearer else answer_reader(request)
        return get_response(request)

    return middleware


def _respond(request: HttpRequest) -> HttpResponse:
    return respond_directly(resolve(request.path_info), request)
