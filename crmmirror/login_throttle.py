"""Logging in to the admin: who guesses passwords is slowed down, and nobody can lock the staff out.

Each address has some failures, and so has each name from all addresses together, which is what stops
a guess that is spread over many. Both come back by themselves. A browser that has once logged in under
a name has tries of its own for it, so that strangers who use up the name's, or that of an address which
everybody shares, do not keep its owner out. A try is counted before the password is looked at, and
given back where it was right: neither many at once nor the cost of hashing gets round the limit.

The counts are those of `crmmirror.lib.token_bucket`, in the database: django-axes would be a second kind of counter
with one limit for addresses and names alike, and a row for every name that a stranger makes up.
"""

import hashlib
import math
import secrets
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.client_address import client_address, client_key
from crmmirror.lib.token_bucket import Limit, consume, delete_full_buckets, refund

ADDRESS_LIMIT = Limit(20, 600)
NAME_LIMIT = Limit(50, 3600)
BROWSER_LIMIT = Limit(10, 600)
BROWSER_DAYS = 90
SALT = "crmmirror.login_throttle"


class LoginForm(AdminAuthenticationForm):
    """wait_seconds: until the next try is let through; 0 where this one was."""

    wait_seconds = 0.0

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        tries = _tries(self.request, name) if self.request else {}
        for key, limit in tries.items():
            self._spend(key, limit)
        cleaned = super().clean()
        for key, limit in tries.items():
            refund(key, limit)
        return cleaned

    def _spend(self, key: str, limit: Limit) -> None:
        self.wait_seconds = consume(key, limit)
        if self.wait_seconds:
            minutes = math.ceil(self.wait_seconds / 60)
            raise ValidationError(f"Too many failed tries. Try again in {minutes} min.", code="throttled")
        delete_full_buckets()


def complete_login_response(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The login page's answer with the status that a throttled try has, or the mark of a known browser."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    if wait := getattr(form, "wait_seconds", 0):
        response.status_code = 429
        response.headers["Retry-After"] = str(math.ceil(wait))
    elif request.method == "POST" and response.status_code == 302:
        _remember(response, request.user.get_username())
    return response


def _tries(request: HttpRequest, name: str) -> dict[str, Limit]:
    named = _hash(name)
    browser, _, known_name = (_cookie(request) or "").partition(" ")
    if known_name == named:
        return {f"login:browser:{browser}": BROWSER_LIMIT}
    address = client_key(client_address(request.META))
    return {f"login:address:{address}": ADDRESS_LIMIT, f"login:name:{named}": NAME_LIMIT}


def _remember(response: HttpResponse, name: str) -> None:
    response.set_signed_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        f"{secrets.token_hex(16)} {_hash(name)}",
        salt=SALT,
        max_age=BROWSER_DAYS * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _cookie(request: HttpRequest) -> str | None:
    """None where there is none, or it is forged or too old."""
    return request.get_signed_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME, None, salt=SALT, max_age=BROWSER_DAYS * 24 * 3600
    )


def _hash(name: str) -> str:
    """A stranger's text, at the length of a key."""
    return hashlib.sha256(name.casefold().encode()).hexdigest()
