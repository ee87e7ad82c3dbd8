"""The address under which vendors reach the endpoint: one rule for all who show it or deliver to it."""

from django.conf import settings


def delivery_url() -> str:
    """Return the URL below which the sources' paths are: DELIVERY_URL or, if that is not set, WEB_URL."""
    return settings.DELIVERY_URL or settings.WEB_URL
