"""The admin of users and groups: Django's own, with lists that take only the filters that they declare."""

from django.contrib.auth.admin import GroupAdmin, UserAdmin

from crmmirror.lib.admin_kit.declared_lookups import DeclaredLookupsAdmin


class MirrorUserAdmin(DeclaredLookupsAdmin, UserAdmin):
    """The users of the admin and the API."""


class MirrorGroupAdmin(DeclaredLookupsAdmin, GroupAdmin):
    """The groups by which users are given permissions."""
