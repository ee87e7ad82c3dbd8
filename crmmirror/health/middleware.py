"""Answers programs that ask about health ahead of the middleware that serves people.

A balancer, a cluster or a Prometheus asks each process by its own address: under a Host that
ALLOWED_HOSTS does not hold, and within the network, without TLS.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve

Handler = Callable[[HttpRequest], HttpResponse]
PROBE_PATHS = ("/healthz", "/readyz")
# A browser's session is not known here; a program brings a header.
TOKEN_PATHS = ("/metrics",)


def health_check_middleware(handle: Handler) -> Handler:
    def answer(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path not in PROBE_PATHS and (path not in TOKEN_PATHS or "Authorization" not in request.headers):
            return handle(request)
        response = resolve(path).func(request)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        response.headers["Content-Length"] = str(len(response.content))
        return response

    return answer
