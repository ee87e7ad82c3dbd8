"""Middleware: ends sessions that the settings, or the proxy in front, no longer vouch for."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from crmmirror.sign_on.login import FACTOR, WAY, Way
from crmmirror.sign_on.remote_user import read_remote_user

Handler = Callable[[HttpRequest], HttpResponse]


def session_check_middleware(get_response: Handler) -> Handler:
    """Log out whom the proxy names no longer, and who has no second factor though one is required.

    Raises MiddlewareNotUsed, by which Django leaves it out, if the settings ask for neither.
    """
    if not settings.REMOTE_USER_HEADER and settings.SECOND_FACTOR != "required":
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not _is_vouched_for(request):
            logout(request)
        return get_response(request)

    return middleware


def _is_vouched_for(request: HttpRequest) -> bool:
    way = request.session.get(WAY, Way.PASSWORD)
    if way == Way.REMOTE_USER:
        return read_remote_user(request) == request.user.get_username()
    needs_factor = way == Way.PASSWORD and settings.SECOND_FACTOR == "required"
    return not needs_factor or bool(request.session.get(FACTOR))
