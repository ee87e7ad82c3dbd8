"""The answers of the admin to a page that does not exist, that the user may not open, or that failed.

They stand in the admin's frame. Addresses outside the admin get Django's plain answers.
"""

from http import HTTPStatus

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views import defaults

from crmmirror.lib.web.cut_requests import answer_cut_request

TEMPLATE = "admin_kit/error_page.html"
NOT_FOUND = (
    "Nothing has this address. The record may have been known under another one, or you may not see it:"
    " whoever manages people says what you see."
)
FORBIDDEN = "You may not open this page, or do this. Whoever manages people can give you the right to."
SERVER_ERROR = (
    "The page could not be made. Whoever runs the mirror finds the reason in the log of the web process, at"
    " this minute."
)


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404. Django calls this (`handler404`)."""
    if not _is_read_in_admin(request):
        return defaults.page_not_found(request, exception)
    return _answer(request, HTTPStatus.NOT_FOUND, "There is no such page", NOT_FOUND)


def answer_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403. Django calls this (`handler403`)."""
    if not _is_read_in_admin(request):
        return defaults.permission_denied(request, exception)
    return _answer(request, HTTPStatus.FORBIDDEN, "You may not open this page", FORBIDDEN)


def answer_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 if the database has not served the request, else 500. Django calls this (`handler500`)."""
    busy_answer = answer_cut_request(request)
    if busy_answer is not None:
        return busy_answer
    if not _is_below_admin(request):
        return defaults.server_error(request)
    # Without the request: its user and messages may need the database, which may be what failed.
    context = {
        "site_header": admin.site.site_header,
        "site_title": admin.site.site_title,
        "title": "This page failed",
        "explanation": SERVER_ERROR,
    }
    return HttpResponse(render_to_string(TEMPLATE, context), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(request: HttpRequest, status: HTTPStatus, title: str, explanation: str) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "explanation": explanation}
    return TemplateResponse(request, TEMPLATE, context, status=status).render()


def _is_read_in_admin(request: HttpRequest) -> bool:
    return _is_below_admin(request) and admin.site.has_permission(request)


def _is_below_admin(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))
