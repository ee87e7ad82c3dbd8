"""The settings of users, beyond Django's own table of users."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from crmmirror.lib.time_zones import validate_time_zone


class UserProfile(models.Model):
    """The settings of one user. A user without a row has the defaults.

    time_zone: the IANA name of the time zone in which the admin shows him times; empty for the default.
    was_offered_time_zone: True once he has chosen a time zone, or declined that of his browser.
    pinned_views: the ids of the saved views in his navigation, in the order in which he pinned them. They
        stand here because each page reads this row anyway: who has pinned nothing costs no query.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    time_zone = models.TextField(blank=True, default="", db_default="", validators=[validate_time_zone])
    was_offered_time_zone = models.BooleanField(default=False, db_default=False, editable=False)
    pinned_views = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)

    def __str__(self) -> str:
        return f"settings of {self.user}"


def find_profile(user: AbstractBaseUser | AnonymousUser) -> UserProfile | None:
    """Return a user's settings, or None if there are none; by one query for each instance at most."""
    # Django caches the related row, and that there is none, on the instance.
    return getattr(user, "profile", None)
