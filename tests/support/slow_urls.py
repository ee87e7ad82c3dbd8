"""The mirror's addresses, and slow ones, each as a page and in the API: for a web server that a test starts.

`slow/` has a statement of half a minute, `many/` has sixty of half a second each.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crmmirror.lib.database.cursors import execute
from crmmirror.urls import handler500 as handler500
from crmmirror.urls import urlpatterns as own_addresses


def sleep_once() -> None:
    execute("SELECT pg_sleep(30)")


def sleep_often() -> None:
    for _ in range(60):
        execute("SELECT pg_sleep(0.5)")


def make_page(run: Callable[[], None]) -> Callable[[HttpRequest], HttpResponse]:
    def show_page(request: HttpRequest) -> HttpResponse:
        run()
        return HttpResponse()

    return show_page


class SlowView(APIView):
    """Runs its statements. run: returns when they have ended."""

    permission_classes = [AllowAny]
    schema = None
    run = staticmethod(sleep_once)

    def get(self, request: Request) -> Response:
        self.run()
        return Response()


urlpatterns = [
    path("slow/", make_page(sleep_once)),
    path("many/", make_page(sleep_often)),
    path("api/v1/slow/", SlowView.as_view()),
    path("api/v1/many/", SlowView.as_view(run=staticmethod(sleep_often))),
    *own_addresses,
]
