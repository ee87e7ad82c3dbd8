"""A login of which the password was right, and the second factor is still to come: kept in the session."""

import time
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

PENDING_SECONDS = 600
KEY = "pending_login"


@dataclass(frozen=True)
class PendingLogin:
    """The user whose password was right, and the address that the login is to lead to."""

    user: User
    address: str


def remember_password(request: HttpRequest, user: User, address: str) -> None:
    """Note that the right password of this user was given, in a session that nobody else can have the key of.

    Whoever is logged in with the session is logged out by that.
    """
    request.session.flush()
    request.session[KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
        "address": address,
    }


def find_pending_login(request: HttpRequest) -> PendingLogin | None:
    """Return the login that waits for its second factor; None if there is none, or no longer.

    It ends after PENDING_SECONDS, and when the user's password is changed or he is made inactive.
    """
    noted = request.session.get(KEY)
    if not noted or noted["at"] + PENDING_SECONDS < time.time():
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(noted["hash"], user.get_session_auth_hash()):
        return None
    return PendingLogin(user, noted["address"])


def forget_pending_login(request: HttpRequest) -> None:
    """Remove the note, because the login is complete."""
    request.session.pop(KEY, None)
