"""The admin of API tokens: who has one, when it was last used; to issue one, limit it, and revoke it."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crmmirror.admin.limit_forms import LIMIT_FIELDS, LimitedForm
from crmmirror.admin.managed_admin import ManagedAdmin
from entities.access.delegation import may_manage_person, visible_people
from entities.models import ApiToken, AuditAction


class TokenForm(LimitedForm):
    """A token with what it is limited to, beside the limits of its user."""

    class Meta:
        model = ApiToken
        fields = ("user", "name", "expires_at")
        widgets = {"name": forms.TextInput}
        help_texts = {
            "user": "The token may read what this user may, and sees what he sees.",
            "name": "What it is for.",
            "expires_at": "Leave it empty for a token that does not expire.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "expires_at" not in self.fields:
            # Somebody looks at it who may not change it.
            return
        # Django labels the pair of fields, but neither of them.
        for part, label in zip(self.fields["expires_at"].widget.widgets, ("Day", "Time of day"), strict=True):
            part.attrs["aria-label"] = f"{label} at which the token expires"

    def clean(self) -> dict[str, Any]:
        return forms.ModelForm.clean(self) or self.cleaned_data


class ApiTokenAdmin(ManagedAdmin):
    """The tokens of the people whom the manager may change: to issue one is to act as its user."""

    form = TokenForm
    fields = ("user", "name", "expires_at", *LIMIT_FIELDS)
    list_display = ("name", "user", "created_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    ordering = ("user__username", "name")
    add_action = AuditAction.TOKEN_CREATED
    change_action = AuditAction.TOKEN_CHANGED
    delete_action = AuditAction.TOKEN_REVOKED

    def may_manage(self, manager: User, row: ApiToken) -> bool:
        return may_manage_person(manager, row.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user__in=visible_people(cast(User, request.user)))

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("user", "name") if obj else ()

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "user":
            manager = cast(User, request.user)
            people = visible_people(manager).filter(is_active=True)
            ids = [person.pk for person in people if may_manage_person(manager, person)]
            kwargs["queryset"] = User.objects.filter(pk__in=ids).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        token, text = ApiToken.issue(obj.user, obj.name, obj.expires_at)
        vars(obj).update(vars(token))
        obj.text_shown_once = text

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token in this very answer: only its hash is stored."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"The token {obj.name}",
            "token": obj,
            "text": obj.text_shown_once,
        }
        return TemplateResponse(request, "admin/token_created.html", context)
