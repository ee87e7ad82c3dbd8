"""The admin of users: Django's own, with the fields that the mirror needs.

Whom a manager may change, and what he may give, is ruled by `entities.access.delegation`.
"""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin import ModelAdmin, RelatedFieldListFilter, display
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Field, ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crmmirror.admin.limit_forms import LIMIT_FIELDS, LimitedForm
from crmmirror.admin.login_audit import audit_password_change
from crmmirror.admin.managed_admin import ManagedAdmin
from crmmirror.admin.personal_fields import PERSONAL_FIELDS, PersonalForm, describe_time_zone
from entities.access.delegation import (
    grantable_groups,
    may_manage_person,
    may_remove_factor,
    visible_groups,
    visible_people,
)
from entities.access.visibility import EVERYTHING, Visibility, add_up, visible_to
from entities.models import AccessLimit, AuditAction, Name, find_second_factor

# What decides about what a user may see and do.
RIGHTS_FIELDS = frozenset({"is_active", "is_staff", "is_superuser", "groups", *LIMIT_FIELDS})


class RightsForm(PersonalForm, LimitedForm):
    """A form of a user with his roles, what he is limited to, and his personal fields."""

    def resulting_visibility(self) -> Visibility:
        if self.cleaned_data.get("is_superuser"):
            return EVERYTHING
        own = [
            AccessLimit(user_id=0, source_id=source, scope=scope) for source, scope in self.chosen_places()
        ]
        return add_up([*own, *AccessLimit.objects.filter(group__in=self.cleaned_data["groups"])])


class UserForm(RightsForm, UserChangeForm):
    """A user."""


class NewUserForm(RightsForm, AdminUserCreationForm):
    """A new user. Everything about him is in one form: nobody is without limits until a second one."""


class RoleFilter(RelatedFieldListFilter):
    """Filters by role, of those that the manager may know of."""

    def field_choices(self, field: Field, request: HttpRequest, model_admin: ModelAdmin) -> Any:
        return [(str(group.pk), group.name) for group in visible_groups(cast(User, request.user))]


def find_factor_url(manager: User, person: User | None) -> str:
    """Return the address at which the manager may remove a user's second factor; empty if there is none."""
    if person is None or settings.SECOND_FACTOR == "off" or find_second_factor(person) is None:
        return ""
    may_remove = may_remove_factor(manager, person)
    return reverse("admin:remove_second_factor", args=[person.pk]) if may_remove else ""


class MirrorUserAdmin(ManagedAdmin, UserAdmin):
    """The users of the admin and the API."""

    form = UserForm
    add_form = NewUserForm
    change_form_template = "admin/user.html"
    filter_horizontal = ()
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", ("groups", RoleFilter))
    add_action = AuditAction.USER_CREATED
    change_action = AuditAction.USER_CHANGED
    delete_action = AuditAction.USER_DELETED

    def find_change_action(self, changed: frozenset[str]) -> AuditAction:
        return AuditAction.RIGHTS_CHANGED if changed & RIGHTS_FIELDS else self.change_action

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Let a user's password be changed by somebody else."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            audit_password_change(request, response, self.get_object(request, id))
        return response

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        superuser = ["is_superuser"] if request.user.is_superuser else []
        login = ("username", "password") if obj else ("username", "usable_password", "password1", "password2")
        rights = ["is_active", "is_staff", *superuser, "groups"]
        return (
            (None, {"fields": login}),
            ("Person", {"fields": ("first_name", "last_name", "email")}),
            ("Roles", {"fields": rights}),
            ("Limits", {"fields": LIMIT_FIELDS}),
            ("For him", {"fields": PERSONAL_FIELDS}),
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= {"factor_url": find_factor_url(cast(User, request.user), kwargs.get("obj"))}
        return super().render_change_form(request, context, *args, **kwargs)

    def may_manage(self, manager: User, row: User) -> bool:
        return may_manage_person(manager, row)

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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, PersonalForm):
            form.save_personal_fields()

    @display(description="Is, in the CRMs")
    def persons(self, user: User) -> str:
        """Name the people that a user is, for those who may not change him."""
        names = visible_to(user, Name.objects.filter(user=user).select_related("source"))
        return ", ".join(f"{name.source} / {name.shown or name.ref}" for name in names)

    @display(description="Time zone")
    def time_zone(self, user: User) -> str:
        """Name a user's time zone, for those who may not change him."""
        return describe_time_zone(user)
