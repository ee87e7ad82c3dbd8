"""The authentication backend by which a named permission implies Django's permissions for single models."""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend

from entities.access.permissions import implied_permissions

CACHE_ATTRIBUTE = "_implied_permission_cache"


class ImpliedPermissions(BaseBackend):
    """Adds what the user's named permissions imply. It logs nobody in, and takes no permission away.

    So whatever asks for a model's own permission (the admin, the API) need not know the named ones, and a
    user who was given a model's own permission has it still.
    """

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the implied permissions of an active user, cached on the user as Django caches its own."""
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if not hasattr(user_obj, CACHE_ATTRIBUTE):
            given = ModelBackend().get_all_permissions(user_obj)
            implied = set[str]().union(*(implied_permissions().get(name, ()) for name in given))
            setattr(user_obj, CACHE_ATTRIBUTE, implied)
        return getattr(user_obj, CACHE_ATTRIBUTE)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Return True if a permission for a model of the app is implied."""
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))
