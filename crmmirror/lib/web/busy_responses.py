"""The answer to a reader who is to try again later: a problem (RFC 9457) for programs, a page for people."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

# What programs call; everything else is looked at in a browser.
PROGRAM_PREFIXES = ("/api/", "/metrics")
PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Busy:
    """Why a request is not answered now.

    heading and detail: what happened, for people and programs. retry_seconds: when to try again.
    was_begun: True if the request may have changed something before it was cut.
    """

    status: HTTPStatus
    heading: str
    detail: str
    retry_seconds: int
    was_begun: bool = False

    @property
    def problem_detail(self) -> str:
        """The text of the problem."""
        return f"{self.heading}. {self.detail} Try again after the seconds in Retry-After."


def problem_content(status: HTTPStatus) -> dict[str, Any]:
    """Return the members that every problem of the API has."""
    return {"type": "about:blank", "title": status.phrase, "status": status.value}


def busy_response(request: HttpRequest, busy: Busy) -> HttpResponse:
    """Return the answer, with Retry-After. It needs no query, and Django does not log it."""
    if request.path_info.startswith(PROGRAM_PREFIXES):
        content = problem_content(busy.status) | {"detail": busy.problem_detail}
        response: HttpResponse = JsonResponse(content, content_type=PROBLEM_MEDIA_TYPE)
    else:
        # Without the request: its user and its messages would be read from the database.
        context = {"busy": busy, "site_header": admin.site.site_header}
        response = HttpResponse(render_to_string("busy.html", context))
    response.status_code = busy.status
    response.headers["Retry-After"] = str(busy.retry_seconds)
    # The middleware that sets it may not come after this response.
    response.headers["Content-Length"] = str(len(response.content))
    # Of each such request there would be a line; whoever refuses it logs what is worth it.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
