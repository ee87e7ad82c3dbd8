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
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.token_bucket import Limit, consume, delete_full_buckets, refund
from crmmirror.lib.web.client_address import client_address, client_key

# Failed attempts within so many seconds.
ADDRESS_LIMIT = Limit(20, 600)
NAME_LIMIT = Limit(50, 3600)
BROWSER_LIMIT = Limit(10, 600)
# Of a code's million values three are right at a time: 240 guesses a day find one in four years.
CODE_LIMIT = Limit(10, 3600)
# How long a browser stays known after a login.
BROWSER_SECONDS = 90 * 24 * 3600
COOKIE_SALT = "crmmirror.login_throttle"


class Throttled(Exception):
    """No attempt is left. wait_seconds: the time until there is one."""

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = wait_seconds
        minutes = math.ceil(wait_seconds / 60)
        super().__init__(f"Too many failed tries. Try again in {minutes} min.")


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
        if not settings.PASSWORD_LOGIN:
            raise ValidationError("Passwords are not accepted here. Use the other way to log in.")
        limits = _attempt_limits(self.request, name) if self.request else {}
        try:
            consume_attempt(limits)
        except Throttled as throttled:
            self.wait_seconds = throttled.wait_seconds
            raise ValidationError(str(throttled), code="throttled") from None
        cleaned = super().clean()
        refund_attempt(limits)
        return cleaned


def consume_attempt(limits: dict[str, Limit]) -> None:
    """Count one attempt, before it is known whether it fails. Raises Throttled if none is left.

    limits: by the keys of their buckets.
    """
    counted: dict[str, Limit] = {}
    for key, limit in limits.items():
        if wait_seconds := consume(key, limit):
            # Whoever tries a name that strangers have used up must not use up the address for others.
            refund_attempt(counted)
            raise Throttled(wait_seconds)
        counted[key] = limit
    delete_full_buckets()


def refund_attempt(limits: dict[str, Limit]) -> None:
    """Give an attempt back that has not failed."""
    for key, limit in limits.items():
        refund(key, limit)


def address_limits(request: HttpRequest) -> dict[str, Limit]:
    """Return the limit of attempts from the client's address, which all ways of a login share."""
    return {f"login:address:{client_key(client_address(request.META))}": ADDRESS_LIMIT}


def code_limits(request: HttpRequest, user: User) -> dict[str, Limit]:
    """Return the limit of codes of a second factor, after the right password.

    A browser that is known under the user's name has its own, so that whoever has only the password does not
    keep the user out.
    """
    browser = _known_browser(request, user.get_username())
    return {f"login:code:{user.pk}:{browser}": CODE_LIMIT}


def mark_throttled(response: HttpResponse, wait_seconds: float) -> HttpResponse:
    """Return the response, with status 429 if the attempt was throttled. wait_seconds: 0 if it was not."""
    if wait_seconds:
        response.status_code = 429
        response.headers["Retry-After"] = str(math.ceil(wait_seconds))
    return response


def _attempt_limits(request: HttpRequest, name: str) -> dict[str, Limit]:
    """Return the limits that apply to an attempt under this name, by the keys of their buckets."""
    if browser := _known_browser(request, name):
        return {f"login:browser:{browser}": BROWSER_LIMIT}
    return address_limits(request) | {f"login:name:{_hash_name(name)}": NAME_LIMIT}


def _known_browser(request: HttpRequest, name: str) -> str:
    """Return what a browser that has logged in under this name before is counted by; empty for any other."""
    browser, _, name_hash = (_read_known_browser_cookie(request) or "").partition(" ")
    return browser if name_hash == _hash_name(name) else ""


def remember_browser(response: HttpResponse, name: str) -> None:
    """Set the cookie by which a browser is known to have logged in under this name."""
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
