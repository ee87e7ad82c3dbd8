"""The admin of users and groups: Django's own, with the fields that the mirror needs.

What a manager may change, and may give, is ruled by `entities.access.delegation`.
"""

from typing import Any, cast

from django import forms
from django.contrib.admin import StackedInline
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField, QuerySet, TextField
from django.http import HttpRequest

from crmmirror.admin.limit_forms import LIMIT_FIELDS, LimitedForm, give_view_of
from crmmirror.lib.admin_kit.strict_list import StrictListAdmin
from entities.access.delegation import (
    grantable_groups,
    grantable_permissions,
    may_manage_group,
    may_manage_person,
    visible_groups,
    visible_people,
)
from entities.access.visibility import Visibility, add_up, visibility_of
from entities.models import AccessLimit, UserProfile


class ManagedAdmin(StrictListAdmin):
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

    def _may_manage(self, request: HttpRequest, row: Any) -> bool:
        return row is None or self.may_manage(cast(User, request.user), row)


class UserForm(LimitedForm, UserChangeForm):
    """A user with his roles and what he is limited to."""

    def resulting_visibility(self) -> Visibility:
        if self.cleaned_data.get("is_superuser"):
            return Visibility(is_unlimited=True)
        own = [
            AccessLimit(user_id=0, source_id=source, scope=scope) for source, scope in self.chosen_places()
        ]
        return add_up([*own, *AccessLimit.objects.filter(group__in=self.cleaned_data["groups"])])


class TimeZoneInline(StackedInline):
    """The time zone of a user, who may choose it on a page of his own too."""

    model = UserProfile
    fields = ("time_zone",)
    can_delete = False
    verbose_name_plural = "Time zone"
    formfield_overrides = {TextField: {"widget": forms.TextInput}}


class MirrorUserAdmin(ManagedAdmin, UserAdmin):
    """The users of the admin and the API."""

    form = UserForm
    inlines = (TimeZoneInline,)
    filter_horizontal = ()
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "last_login")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        rights = ["is_active", "is_staff", *(["is_superuser"] if request.user.is_superuser else []), "groups"]
        return (
            (None, {"fields": ("username", "password")}),
            ("Person", {"fields": ("first_name", "last_name", "email")}),
            ("Roles", {"fields": rights}),
            ("Limits", {"fields": LIMIT_FIELDS}),
        )

    def may_manage(self, manager: User, row: User) -> bool:
        return may_manage_person(manager, row)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return visible_people(cast(User, request.user))

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.name == "groups":
            kwargs |= {
                "queryset": grantable_groups(cast(User, request.user)),
                "widget": forms.CheckboxSelectMultiple,
                "label": "Roles",
                "help_text": "He may do what any of them may.",
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        manager = cast(User, request.user)
        if not change and not visibility_of(manager).is_unlimited:
            give_view_of(manager, obj)


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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.save_permissions()
