"""The addresses of the webhook endpoint, below /webhooks/.

`events.endpoint.middleware` resolves deliveries with this module by itself, ahead of the other middleware;
the entry in `crmmirror.urls` serves `reverse`. Unknown addresses are answered here too, with a 404 that is
counted.
"""

from django.urls import path, re_path

from events.endpoint.views import receive

app_name = "webhooks"
urlpatterns = [
    path("<uuid:uuid>/", receive, name="receive"),
    # People often paste the address without the slash, and vendors do not follow a redirect.
    path("<uuid:uuid>", receive),
    re_path("", receive),
]
