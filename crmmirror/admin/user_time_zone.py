"""Shows the times of the admin's pages in the time zone of their user."""

from collections.abc import Callable
from datetime import tzinfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from crmmirror.lib.time_zones import UTC_NAME, find_time_zone
from entities.models import find_profile

Handler = Callable[[HttpRequest], HttpResponse]


def time_zone_middleware(get_response: Handler) -> Handler:
    """Activate the user's time zone for a page of the admin. Everything else, as the API, stays in UTC.

    Costs one query, and none for somebody who is not logged in.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(reverse("admin:index")):
            return get_response(request)
        with timezone.override(find_zone_of(request.user)):
            return get_response(request)

    return middleware


def find_zone_of(user: AbstractBaseUser | AnonymousUser) -> tzinfo | None:
    """Return the user's time zone; the default if he has none, or one that this machine does not know."""
    profile = find_profile(user)
    names = (profile.time_zone if profile else "", settings.DISPLAY_TIME_ZONE, UTC_NAME)
    return next(zone for name in names if name and (zone := find_time_zone(name)))
