"""A minimal Django to compare with: its view reads the body and answers 204. No middleware, no database."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def receive(request: HttpRequest) -> HttpResponse:
    len(request.body)
    return HttpResponse(status=204)


urlpatterns = [path("receive/", receive)]

if not settings.configured:
    settings.configure(ROOT_URLCONF="bench.endpoint.bare_django", ALLOWED_HOSTS=["*"], SECRET_KEY="none")  # noqa: S106
application = get_wsgi_application()
