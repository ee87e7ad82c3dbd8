"""The answer to a form whose CSRF token is not the browser's: the page of the form is older than a login.

Each login makes a new token. So a page that was open in another tab before it posts an old one.
"""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from crmmirror.lib.admin_kit.urls import local_address, read_next

NO_COOKIE = "Your browser sent no cookie with the form. Allow cookies for this site, then try again."
BAD_ORIGIN = (
    "The form was sent from an address that this mirror does not know as its own. Whoever runs the mirror"
    " finds in docs/operate.md what BEHIND_PROXY and CSRF_TRUSTED_ORIGINS have to be."
)
OLD_PAGE = (
    "The page with the form was opened before you, or somebody else in this browser, last logged in. Nothing"
    " was changed. Open the page again, and repeat what you did."
)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 with a way to try again. A login form of somebody who is logged in by now leads on instead.

    reason: Django's, for the log.
    """
    is_login = request.path == reverse("admin:login")
    if is_login and admin.site.has_permission(request):
        return redirect(local_address(request, read_next(request)))
    retry_address = request.get_full_path() if is_login else request.META.get("HTTP_REFERER", "")
    context = {
        **admin.site.each_context(request),
        "title": "The form could not be accepted",
        "explanation": _explain(reason),
        "retry_url": local_address(request, retry_address),
    }
    return TemplateResponse(request, "admin_kit/csrf_failure.html", context, status=403).render()


def _explain(reason: str) -> str:
    if reason == REASON_NO_CSRF_COOKIE:
        return NO_COOKIE
    return BAD_ORIGIN if reason.startswith(REASON_BAD_ORIGIN.partition("%")[0]) else OLD_PAGE
