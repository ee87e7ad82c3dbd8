"""The addresses of the webhook endpoint. It answers unknown addresses itself, with a 404 that is counted."""

from django.urls import path, re_path

from events.endpoint.views import receive

app_name = "webhooks"
urlpatterns = [
    path("<uuid:uuid>/", receive, name="receive"),
    # People often paste the address without the slash, and vendors do not follow a redirect.
    path("<uuid:uuid>", receive),
    re_path("", receive),
]
