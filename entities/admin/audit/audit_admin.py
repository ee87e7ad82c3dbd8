"""The admin of the audit log: what people did, the newest first. It is read-only, and a right of its own."""

from collections.abc import Iterator
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, line_cell, shorten, text_cell
from crmmirror.lib.admin_kit.list_filters import FoldedFilter, Lookups, period_filter
from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from entities.access.delegation import visible_people
from entities.access.permissions import MANAGE_PEOPLE
from entities.access.visibility import visibility_of
from entities.models import AuditAction, AuditEntry

NO_USER = "none"


def describe_detail(detail: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each entry of an audit entry's detail, and for each field that it says was changed."""
    for name, value in detail.items():
        if name == "changed":
            yield from (f"{field}: {_describe_change(change)}" for field, change in value.items())
        else:
            yield f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}"


def _describe_change(change: dict[str, Any]) -> str:
    """Return what changed, as `entities.admin.audit.audited_admin` writes it, in one line."""
    if "added" in change:
        return ", ".join(
            [*(f"+ {item}" for item in change["added"]), *(f"- {item}" for item in change["removed"])]
        )
    return f"{change.get('from') or 'nothing'} → {change.get('to') or 'nothing'}"


class ActionFilter(FoldedFilter):
    """Narrows the list to one kind of act."""

    title = "act"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        return list(AuditAction.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(action=self.value()) if self.value() else queryset


class UserFilter(FoldedFilter):
    """Narrows the list to the acts of one user, or to those of nobody who is a user now."""

    title = "user"
    parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        people = visible_people(cast(User, request.user))
        users = people.order_by("username").values_list("pk", "username")
        return [*((str(id), shorten(name)) for id, name in users), (NO_USER, "no present user")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == NO_USER:
            return queryset.filter(user=None)
        return queryset.filter(user=self.value()) if self.value() else queryset


class AuditAdmin(ReadOnlyAdmin):
    """The list of the audit log. Its entries have no page of their own."""

    ordering = ("-at", "-id")
    sortable_by = ()
    list_display = ("time", "user_label", "act", "object_link", "more", "address")
    list_display_links = None
    list_filter = (ActionFilter, UserFilter, period_filter("at", "time"))
    change_list_template = "entities/audit_log.html"

    @admin.display(description=zoned_heading("time"))
    def time(self, entry: AuditEntry) -> SafeString:
        return time_cell(entry.at, seconds=True)

    @admin.display(description="user")
    def user_label(self, entry: AuditEntry) -> SafeString:
        return line_cell(entry.user_name) if entry.user_name else EMPTY

    @admin.display(description="act")
    def act(self, entry: AuditEntry) -> SafeString:
        labels = dict(AuditAction.choices)
        return line_cell(labels.get(entry.action, entry.action))

    @admin.display(description="of what")
    def object_link(self, entry: AuditEntry) -> SafeString:
        """Return what the act was about, with a link if the admin has a page for it."""
        if not entry.object_type:
            return EMPTY
        kind, label = line_cell(entry.object_type.rpartition(".")[2]), line_cell(entry.object_text)
        if not entry.object_id:
            return kind
        if not self._has_page(entry):
            return format_html("{} {}", kind, label)
        url = change_url(apps.get_model(entry.object_type), int(entry.object_id))
        return format_html('{} <a href="{}">{}</a>', kind, url, label)

    @admin.display(description="more")
    def more(self, entry: AuditEntry) -> SafeString:
        return text_cell("\n".join(describe_detail(entry.detail))) if entry.detail else EMPTY

    @admin.display(description="address")
    def address(self, entry: AuditEntry) -> SafeString:
        return line_cell(entry.remote_address) if entry.remote_address else EMPTY

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return all entries; for somebody who does not see everything, those of the people whom he sees."""
        entries = AuditEntry.objects.all()
        if visibility_of(request.user).is_unlimited:
            return entries
        return entries.filter(user__in=visible_people(cast(User, request.user)))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.has_perm(MANAGE_PEOPLE))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, str] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Audit entries", **(extra_context or {})})

    def page_view(self, request: HttpRequest, entry: AuditEntry) -> HttpResponse:
        """Redirect to the list, which shows everything about an entry."""
        return redirect(changelist_url(AuditEntry))

    def _has_page(self, entry: AuditEntry) -> bool:
        """Return True if the admin has a page for rows of this kind, and the act was not the row's end."""
        try:
            model = apps.get_model(entry.object_type)
        except (LookupError, ValueError):
            return False
        deleting = (AuditAction.USER_DELETED, AuditAction.GROUP_DELETED, AuditAction.TOKEN_REVOKED)
        return entry.action not in deleting and self.admin_site.is_registered(model)
