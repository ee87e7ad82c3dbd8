"""The address under which vendors reach the endpoint: one rule for all who show it or deliver to it."""

from django.conf import settings


def delivery_url() -> str:
    """Return the URL below which the sources' paths are: DELIVERY_URL or, if that is not set, WEB_URL."""
    return settings.DELIVERY_URL or settings.WEB_URL


def public_url(path: str, query: str = "") -> str:
    """Return the URL that the vendor calls. path: below `delivery_url`. query: as it came, without `?`.

    Some vendors sign it. The settings count and never a request's Host, which a proxy may have changed, and
    whoever sends the request chooses.
    """
    return delivery_url() + path + (f"?{query}" if query else "")
