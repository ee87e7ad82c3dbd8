"""Settings of logins in a test: the addresses are made anew, because some exist in some settings only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import reload
from typing import Any

from django.test import override_settings
from django.urls import clear_url_caches, get_resolver

from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider

FAST_HASHER = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ROLES = {"crm-viewers": "Viewer", "crm-ops": "Operator"}


@contextmanager
def login_settings(**values: Any) -> Iterator[None]:
    """Set these settings, and the addresses that belong to them, for the block."""
    try:
        with override_settings(PASSWORD_HASHERS=FAST_HASHER, **values):
            _make_addresses_anew()
            yield
    finally:
        _make_addresses_anew()


def oidc_settings(provider: Provider, web_url: str = "http://testserver") -> dict[str, Any]:
    """Return the settings of a mirror that knows this provider."""
    return {
        "OIDC_ISSUER": provider.url,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_GROUPS": ROLES,
        "OIDC_NAME": "Acme ID",
        "WEB_URL": web_url,
    }


def _make_addresses_anew() -> None:
    clear_url_caches()
    get_resolver()
    if module := sys.modules.get("crmmirror.urls"):
        reload(module)
    clear_url_caches()
