"""Users, as commands name them."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def find_user(name: str) -> Any:
    """Return the user of this name. Raises CommandError if there is none."""
    users = get_user_model()
    try:
        return users._default_manager.get_by_natural_key(name)
    except users.DoesNotExist:
        raise CommandError(
            f"There is no user {name!r}; create one in the admin, or with manage.py createsuperuser."
        ) from None


def find_active_user(name: str) -> Any:
    """Return the user of this name. Raises CommandError if there is none, or it is inactive."""
    user = find_user(name)
    if not user.is_active:
        raise CommandError(f"The user {name!r} is inactive; an inactive user cannot read the API.")
    return user
