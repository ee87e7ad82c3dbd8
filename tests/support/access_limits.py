"""People of the roles, and what they are limited to."""

import itertools
from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client

from entities.models import AccessLimit, ApiToken
from events.models import Source

SERIAL_NUMBERS = itertools.count(1)


def restore_roles() -> None:
    """Make the roles again, which are rows of a migration, where all tables have been emptied."""
    import_module("entities.migrations.0008_roles").make_roles(apps, None)
    import_module("entities.migrations.0037_erasure").give_permission(apps, None)


def create_member(*roles: str) -> User:
    """Create a member of staff with these roles, such as Viewer."""
    user = User.objects.create_user(f"member{next(SERIAL_NUMBERS)}", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def limit(holder: User | Group | ApiToken, source: Source, *scopes: str) -> Any:
    """Limit somebody to sub-accounts of a source, or to the whole of it; return the holder, read anew."""
    column = {User: "user", Group: "group", ApiToken: "token"}[type(holder)]
    for scope in scopes or ("",):
        AccessLimit.objects.create(**{column: holder}, source=source, scope=scope)
    return type(holder)._default_manager.get(pk=holder.pk)


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
