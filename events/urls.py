"""The addresses of the webhook endpoint, below /webhooks/.

`events.endpoint.middleware` resolves deliveries with this module by itself, ahead of the other middleware;
the entry in `crmmirror.urls` serves `reverse`. Unknown addresses are answered here too, with a 404 that is
counted.
"""

from django.urls import path, re_path, register_converter
from django.urls.converters import UUIDConverter

from events.endpoint.views import receive


class AnyCaseUUIDConverter(UUIDConverter):
    """Takes a uuid in lower case and in capitals: some vendors' forms change the case of an address."""

    regex = f"(?i:{UUIDConverter.regex})"


register_converter(AnyCaseUUIDConverter, "any_case_uuid")

app_name = "webhooks"
urlpatterns = [
    path("<any_case_uuid:uuid>/", receive, name="receive"),
    # People often paste the address without the slash, and vendors do not follow a redirect.
    path("<any_case_uuid:uuid>", receive),
    re_path("", receive),
]
