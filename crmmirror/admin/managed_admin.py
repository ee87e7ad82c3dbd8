"""The base of the admin of users, groups and tokens: nobody gives more there than he has."""

from typing import Any, cast

from django.contrib.admin import display
from django.contrib.auth.models import User
from django.http import HttpRequest

from crmmirror.admin.limit_forms import LimitedForm
from crmmirror.lib.admin_kit.strict_list import StrictListAdmin
from entities.access.delegation import holder_filter
from entities.admin.audit.audited_admin import AuditedAdmin
from entities.models import AccessLimit


class ManagedAdmin(StrictListAdmin, AuditedAdmin):
    """An admin of those who may do something: a manager changes none who may or sees more than himself."""

    def may_manage(self, manager: User, row: Any) -> bool:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_manage(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.manager = request.user  # type: ignore[attr-defined]
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, LimitedForm):
            form.save_limits()

    @display(description="Sources")
    def sources(self, row: Any) -> str:
        """Name the sources that a holder is limited to, for those who may not change it."""
        slugs = AccessLimit.objects.filter(**holder_filter(row), scope="").values_list(
            "source__slug", flat=True
        )
        return ", ".join(slugs) or "no limit"

    @display(description="Sub-accounts")
    def sub_accounts(self, row: Any) -> str:
        """Name the sub-accounts that a holder is limited to, for those who may not change it."""
        limits = AccessLimit.objects.filter(**holder_filter(row)).exclude(scope="")
        places = limits.values_list("source__slug", "scope")
        return ", ".join(f"{slug} / {scope}" for slug, scope in places) or "no limit"

    def _may_manage(self, request: HttpRequest, row: Any) -> bool:
        return row is None or self.may_manage(cast(User, request.user), row)
