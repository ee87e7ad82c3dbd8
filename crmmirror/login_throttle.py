"""The login of the admin: slows down password guessing, without letting strangers lock the staff out.

There is a limit on failed attempts for each client address, and one for each user name from all addresses
together, which stops guesses that are spread over many addresses. Both are token buckets, so that attempts
come back with time. A browser that has once logged in under a name has its own limit for it instead, so that
strangers who use up the limit of a name, or of an address that many people share, do not keep anybody out.

An attempt is counted before the password is checked, and refunded if the password was right. So neither many
attempts at once nor the slow hashing of passwords gets around the limit.

The buckets are those of `crmmirror.lib.token_bucket`. django-axes was not used: it would be a second kind of
counter, with one limit for addresses and names alike and a row for every name that a stranger makes up.
"""

import hashlib
import math
import secrets
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.token_bucket import Limit, consume, delete_full_buckets, refund
from crmmirror.lib.web.client_address import client_address, client_key

# Failed attempts within so many seconds.
ADDRESS_LIMIT = Limit(20, 600)
NAME_LIMIT = Limit(50, 3600)
BROWSER_LIMIT = Limit(10, 600)
# How long a browser stays known after a login.
BROWSER_SECONDS = 90 * 24 * 3600
COOKIE_SALT = "crmmirror.login_throttle"


class LoginForm(AdminAuthenticationForm):
    """The login form with limits on failed attempts.

    wait_seconds: the time until the next attempt is allowed; 0 if this one was.
    """

    wait_seconds = 0.0

    def clean(self) -> dict[str, Any]:
        """Check the password, unless the limits refuse the attempt. Raises ValidationError."""
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        limits = _attempt_limits(self.request, name) if self.request else {}
        for key, limit in limits.items():
            self._consume_attempt(key, limit)
        cleaned = super().clean()
        for key, limit in limits.items():
            refund(key, limit)
        return cleaned

    def _consume_attempt(self, key: str, limit: Limit) -> None:
        """Count one attempt. Raises ValidationError if none is left."""
        self.wait_seconds = consume(key, limit)
        if self.wait_seconds:
            minutes = math.ceil(self.wait_seconds / 60)
            raise ValidationError(f"Too many failed tries. Try again in {minutes} min.", code="throttled")
        delete_full_buckets()


def complete_login_response(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response with status 429 if it was throttled, and the known-browser cookie after a login."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    if wait_seconds := getattr(form, "wait_seconds", 0):
        response.status_code = 429
        response.headers["Retry-After"] = str(math.ceil(wait_seconds))
    elif request.method == "POST" and response.status_code == 302:
        _set_known_browser_cookie(response, request.user.get_username())
    return response


def _attempt_limits(request: HttpRequest, name: str) -> dict[str, Limit]:
    """Return the limits that apply to an attempt under this name, by the keys of their buckets."""
    name_hash = _hash_name(name)
    browser, _, known_name_hash = (_read_known_browser_cookie(request) or "").partition(" ")
    if known_name_hash == name_hash:
        return {f"login:browser:{browser}": BROWSER_LIMIT}
    address = client_key(client_address(request.META))
    return {f"login:address:{address}": ADDRESS_LIMIT, f"login:name:{name_hash}": NAME_LIMIT}


def _set_known_browser_cookie(response: HttpResponse, name: str) -> None:
    response.set_signed_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        f"{secrets.token_hex(16)} {_hash_name(name)}",
        salt=COOKIE_SALT,
        max_age=BROWSER_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _read_known_browser_cookie(request: HttpRequest) -> str | None:
    """Return the cookie's value; None if there is no cookie, or it is forged or too old."""
    return request.get_signed_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME, None, salt=COOKIE_SALT, max_age=BROWSER_SECONDS
    )


def _hash_name(name: str) -> str:
    """Return a hash of fixed length: a stranger chooses the name's length, but a bucket's key is short."""
    return hashlib.sha256(name.casefold().encode()).hexdigest()
