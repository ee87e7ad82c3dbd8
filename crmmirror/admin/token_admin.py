"""The admin of API tokens: who has one, when it was last used; to issue one, limit it, and revoke it."""

from typing import Any, cast

from django import forms
from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from crmmirror.admin.limit_forms import LIMIT_FIELDS
from crmmirror.admin.managed_admin import ManagedAdmin
from crmmirror.admin.token_form import TokenForm
from crmmirror.lib.admin_kit.cells import badge_cell, line_cell
from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from entities.access.delegation import may_manage_person, visible_people
from entities.access.token_limits import TokenLimits, with_limits
from entities.models import ApiToken, AuditAction


class TokenList(ChangeList):
    """The list of tokens, with their limits."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[ApiToken]:
        return with_limits(super().get_queryset(request, exclude_parameters))


class ApiTokenAdmin(ManagedAdmin):
    """The tokens of the people whom the manager may change: to issue one is to act as its user."""

    form = TokenForm
    fields = ("user", "name", "expires_at", "kinds", *LIMIT_FIELDS)
    list_display = ("name", "user", "state_word", "created", "expires", "last_used", "limits")
    list_select_related = ("user",)
    ordering = ("user__username", "name")
    change_form_template = "admin/token.html"
    delete_confirmation_template = "admin/token_revoke.html"
    delete_selected_confirmation_template = "admin/tokens_revoke.html"
    add_action = AuditAction.TOKEN_CREATED
    change_action = AuditAction.TOKEN_CHANGED
    delete_action = AuditAction.TOKEN_REVOKED

    @display(description="state")
    def state_word(self, token: ApiToken) -> SafeString:
        return badge_cell(token.state)

    @display(description=zoned_heading("created"), ordering="created_at")
    def created(self, token: ApiToken) -> SafeString:
        return time_cell(token.created_at)

    @display(description=zoned_heading("expires"), ordering="expires_at", empty_value="never")
    def expires(self, token: ApiToken) -> SafeString | None:
        return time_cell(token.expires_at, relative=True) if token.expires_at else None

    @display(description=zoned_heading("last used"), ordering="last_used_at", empty_value="never")
    def last_used(self, token: ApiToken) -> SafeString | None:
        return time_cell(token.last_used_at, relative=True) if token.last_used_at else None

    @display(description="limits", empty_value="none")
    def limits(self, token: ApiToken) -> SafeString | None:
        return line_cell(text) if (text := str(TokenLimits.of(token))) else None

    @display(description="Kinds of record")
    def kinds(self, token: ApiToken) -> str:
        """Name the kinds of record that a token is limited to, for those who may not change it."""
        return ", ".join(TokenLimits.of(token).entities) or "no limit"

    def may_manage(self, manager: User, row: ApiToken) -> bool:
        return may_manage_person(manager, row.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user__in=visible_people(cast(User, request.user)))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TokenList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return Django's action that deletes rows, under the name of what it does here."""
        actions: dict[str, Any] = super().get_actions(request)
        return {name: (act, name, "Revoke the selected tokens") for name, (act, *_) in actions.items()}

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
        token, text = ApiToken.issue(obj.user, obj.name, obj.expires_at, obj.record_types)
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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        # The page has a button of its own, which says what happens.
        return super().render_change_form(request, context | {"show_delete": False}, *args, **kwargs)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().delete_view(request, object_id, {"title": "Revoke a token", **(extra_context or {})})

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        self.message_user(request, f"The token {obj_display} is revoked: whoever sends it is answered 401.")
        return redirect("admin:entities_apitoken_changelist")
