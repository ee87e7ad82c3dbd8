"""The addresses that vendors deliver to. Whatever else is posted here gets the endpoint's own 404."""

from django.urls import path, re_path

from events.endpoint.views import receive

app_name = "webhooks"
urlpatterns = [
    path("<uuid:uuid>/", receive, name="receive"),
    # The address as it is often pasted; a redirect would not be followed.
    path("<uuid:uuid>", receive),
    re_path("", receive),
]
