"""A bare Django: one view that reads the body and answers 204; no middleware, no database."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def receive(request: HttpRequest) -> HttpResponse:
    len(request.body)
    return HttpResponse(status=204)


urlpatterns = [path("receive/", receive)]

if not settings.configured:
    settings.configure(ROOT_URLCONF="bench.bare", ALLOWED_HOSTS=["*"], SECRET_KEY="none")  # noqa: S106
application = get_wsgi_application()
