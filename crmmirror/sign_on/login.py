"""Completes a login, whichever way it came by: session, known browser, audit entry."""

import time
from enum import StrEnum
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect

from crmmirror.lib.admin_kit.urls import local_address
from crmmirror.lib.web.database_sessions import LOGIN_AT
from crmmirror.login_throttle import remember_browser
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction

# The keys in a session of the way of its login, and of the second factor that came with it.
WAY, FACTOR = "login_way", "login_factor"
# Rights are asked of all backends; this one only has to be named.
BACKEND = "django.contrib.auth.backends.ModelBackend"


class Way(StrEnum):
    """The ways of logging in."""

    PASSWORD = "password"  # noqa: S105 - the word for it.
    OIDC = "oidc"
    REMOTE_USER = "remote-user"


def complete_login(
    request: HttpRequest, user: User, way: Way, address: str, factor: str = ""
) -> HttpResponseRedirect:
    """Log a user in, who has shown who he is; return the redirect to an address of this mirror.

    factor: which second factor he has shown, if one was asked for.
    """
    with transaction.atomic():
        login(request, user, backend=BACKEND)
        request.session[LOGIN_AT] = time.time()
        request.session[WAY] = way.value
        request.session[FACTOR] = factor
        detail: dict[str, Any] = {"factor": factor} if factor else {}
        write_audit_entry(identify_actor(request), AuditAction.LOGIN, way=way.value, **detail)
    response = HttpResponseRedirect(local_address(request, address))
    if way == Way.PASSWORD:
        remember_browser(response, user.get_username())
    return response
