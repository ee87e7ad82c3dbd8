"""Why a login without a password was refused, in words for whoever tried, and the page that says it."""

from enum import Enum
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


class Refusal(Enum):
    """A reason: its word for the audit log, the answer's status, and what the page says."""

    NO_ROLE = (
        "no role",
        HTTPStatus.FORBIDDEN,
        "You are known, but none of your groups has a role in this mirror. Ask whoever manages your groups"
        " for one that has, then log in again.",
    )
    INACTIVE = (
        "inactive",
        HTTPStatus.FORBIDDEN,
        "Your user in this mirror is not active, or is no member of staff. Ask an administrator.",
    )
    NAME_TAKEN = (
        "name taken",
        HTTPStatus.FORBIDDEN,
        "There is a user of your name in this mirror, who logs in in another way. Ask an administrator.",
    )
    UNKNOWN = (
        "unknown user",
        HTTPStatus.FORBIDDEN,
        "This mirror has no user of your name. Ask an administrator to add you.",
    )
    REJECTED = (
        "rejected",
        HTTPStatus.FORBIDDEN,
        "The login could not be verified: it took too long, was begun in another browser, or was refused"
        " where you logged in. Try again.",
    )
    UNAVAILABLE = (
        "provider unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The service by which you log in does not answer. Try again in a minute.",
    )
    THROTTLED = (
        "throttled",
        HTTPStatus.TOO_MANY_REQUESTS,
        "There were too many failed tries from your address. Try again in a few minutes.",
    )

    def __init__(self, word: str, status: HTTPStatus, explanation: str) -> None:
        self.word = word
        self.status = status
        self.explanation = explanation


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the page that says why the login was refused."""
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "You are not logged in",
        "explanation": refusal.explanation,
    }
    return TemplateResponse(request, "sign_on/refused.html", context, status=refusal.status)
