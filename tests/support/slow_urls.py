"""The mirror's addresses, and two whose statement takes half a minute: a page, and one of the API."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crmmirror.lib.cursors import execute
from crmmirror.urls import handler500 as handler500
from crmmirror.urls import urlpatterns as own_addresses

SLOW_STATEMENT = "SELECT pg_sleep(30)"


def show_slow_page(request: HttpRequest) -> HttpResponse:
    execute(SLOW_STATEMENT)
    return HttpResponse()


class SlowView(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        execute(SLOW_STATEMENT)
        return Response()


urlpatterns = [path("slow/", show_slow_page), path("api/v1/slow/", SlowView.as_view()), *own_addresses]
