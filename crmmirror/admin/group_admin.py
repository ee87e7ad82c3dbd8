"""The admin of groups: their named permissions, and the limits of their members."""

from typing import Any, cast

from django import forms
from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest

from crmmirror.admin.limit_forms import LIMIT_FIELDS, LimitedForm
from crmmirror.admin.managed_admin import ManagedAdmin
from entities.access.delegation import grantable_permissions, may_manage_group, visible_groups
from entities.models import AccessLimit, AuditAction


class NamedPermissionField(forms.ModelMultipleChoiceField):
    """Offers permissions by what they are called, without the model that Django writes before it."""

    def label_from_instance(self, obj: Any) -> str:
        return obj.name


class GroupForm(LimitedForm):
    """A group with the named permissions that it gives, and the limits of its members.

    Permissions that the form does not show, such as those for single models, stay as they are.
    """

    named_permissions = NamedPermissionField(
        Permission.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Permissions",
    )

    class Meta:
        model = Group
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(NamedPermissionField, self.fields["named_permissions"])
        field.queryset = self.offered = grantable_permissions(self.manager)
        field.initial = self.instance.permissions.all() if self.instance.pk else ()

    def save_permissions(self) -> None:
        """Give the group the permissions that were chosen. Call it when the group is stored."""
        self.instance.permissions.remove(*self.offered)
        self.instance.permissions.add(*self.cleaned_data["named_permissions"])


class MirrorGroupAdmin(ManagedAdmin, GroupAdmin):
    """The groups by which users are given permissions: the roles, and others that staff make."""

    form = GroupForm
    filter_horizontal = ()
    fields = ("name", "named_permissions", *LIMIT_FIELDS)
    add_action = AuditAction.GROUP_CREATED
    change_action = AuditAction.GROUP_CHANGED
    delete_action = AuditAction.GROUP_DELETED

    def may_manage(self, manager: User, row: Group) -> bool:
        return may_manage_group(manager, row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return visible_groups(cast(User, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Return False while the group limits somebody, who would see everything without it."""
        limits_somebody = (
            obj is not None and AccessLimit.objects.filter(group=obj).exists() and obj.user_set.exists()
        )
        return not limits_somebody and super().has_delete_permission(request, obj)

    @display(description="Permissions")
    def named_permissions(self, group: Group) -> str:
        """Name the permissions of a group, for those who may not change it."""
        return ", ".join(group.permissions.order_by("pk").values_list("name", flat=True)) or "none"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.save_permissions()
