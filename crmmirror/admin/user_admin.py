"""The admin of users and groups: Django's own, with lists that take only the filters that they declare."""

from django.contrib.auth.admin import GroupAdmin, UserAdmin

from crmmirror.lib.admin_kit.strict_list import StrictListAdmin


class MirrorUserAdmin(StrictListAdmin, UserAdmin):
    """The users of the admin and the API."""


class MirrorGroupAdmin(StrictListAdmin, GroupAdmin):
    """The groups by which users are given permissions."""
