"""Writes the audit log for failed logins and changed passwords."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from crmmirror.lib.token_bucket import Limit, consume
from entities.audit import Actor, identify_actor, write_audit_entry
from entities.models import AuditAction

# Strangers may make up any number of names, from any number of addresses. Attempts under the name of a user
# are bounded by the throttle of the login, and all of them are written.
UNKNOWN_NAME_LIMIT = Limit(200, 3600)
UNKNOWN_NAME_KEY = "audit:unknown-name"


def audit_failed_form(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write that the form of a login was refused; nothing for an attempt that the throttle refused."""
    if request.method == "POST" and response.status_code == HTTPStatus.OK:
        form = (getattr(response, "context_data", None) or {}).get("form")
        if name := getattr(form, "cleaned_data", {}).get("username"):
            audit_failed_login(request, name, way="password")


def audit_password_change(
    request: HttpRequest, response: HttpResponseBase, user: AbstractBaseUser | None
) -> None:
    """Write that the password of this user was changed, if the form was accepted."""
    if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
        write_audit_entry(identify_actor(request), AuditAction.PASSWORD_CHANGED, user)


def audit_failed_login(request: HttpRequest, name: str, **detail: Any) -> None:
    """Write the attempt under the name of the user, if there is one of the name that was typed or claimed.

    A name that no user has is not kept: people type their password into the wrong field.
    """
    users: Any = get_user_model()._default_manager
    user = users.filter(username=name).first()
    if user is None and consume(UNKNOWN_NAME_KEY, UNKNOWN_NAME_LIMIT):
        return
    actor = identify_actor(request)
    write_audit_entry(Actor(user, name if user else "", actor.address), AuditAction.LOGIN_FAILED, **detail)
