"""The admin of events: read-only, apart from "apply again"."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import (
    EMPTY,
    badge_cell,
    line_cell,
    number_cell,
    shorten,
    text_cell,
)
from crmmirror.lib.admin_kit.list_filters import (
    ID_PATTERN,
    FoldedFilter,
    Lookups,
    SourceFilter,
    period_filter,
    word_filter,
)
from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from entities.access.visible_rows import VisibleRowsAdmin
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction
from entities.vendors import all_vendors
from events.admin.body_html import render_body
from events.admin.drift_page import drift_page
from events.admin.failed_page import (
    REAPPLY_PERMISSION,
    ReasonFilter,
    apply_all_again_page,
    confirmation_url,
    failed_page,
    pending_message,
    reapply_and_audit,
)
from events.admin.next_attempt import describe_next_attempt
from events.admin.touched_records import MAX_TOUCHED, find_touched_records
from events.models import Event


def mapped_event_types() -> tuple[str, ...]:
    """Return the event types that the mapping of any vendor knows, sorted."""
    return tuple(sorted({name for vendor in all_vendors().values() for name in vendor.event_types}))


class ScopeFilter(FoldedFilter):
    """Filters events by the sub-account in the address; shown only if a link has set it."""

    title = "sub-account"
    parameter_name = "scope"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        scope = self.used_parameters.get(self.parameter_name)
        return [(scope, shorten(scope))] if scope else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(scope=self.value()) if self.value() else queryset


class EventAdmin(VisibleRowsAdmin, ReadOnlyAdmin):
    """The list of events, the page of one event, and the pages about many events below the list."""

    ordering = ("-id",)
    list_display = (
        "number",
        "type_name",
        "status_badge",
        "remark",
        "source",
        "receipt_time",
        "attempt_count",
    )
    list_select_related = ("source",)
    list_filter = (
        word_filter("status", tuple(Event.Status.values), has_other=False),
        period_filter("received_at", "receipt"),
        SourceFilter,
        ScopeFilter,
        word_filter("event_type", mapped_event_types(), heading="event type"),
        ReasonFilter,
    )
    search_fields = ("id", "digest", "event_type")
    search_help_text = "The whole number of an event, SHA-256 of its body (in hex), or event type."
    actions = ("apply_selected_again",)
    change_list_template = "events/events.html"

    @admin.display(description="event")
    def number(self, event: Event) -> str:
        return str(event.pk)

    @admin.display(description="type")
    def type_name(self, event: Event) -> SafeString:
        return line_cell(event.event_type) if event.event_type else EMPTY

    @admin.display(description="status")
    def status_badge(self, event: Event) -> SafeString:
        return badge_cell(event.status)

    @admin.display(description=zoned_heading("received"))
    def receipt_time(self, event: Event) -> SafeString:
        return time_cell(event.received_at, relative=True)

    @admin.display(description="attempts")
    def attempt_count(self, event: Event) -> SafeString:
        return number_cell(str(event.attempts))

    @admin.display(description="reason or warnings")
    def remark(self, event: Event) -> SafeString:
        """Return the reason if there is one, otherwise the number of warnings."""
        if event.error:
            return line_cell(event.error)
        count = len(event.warnings)
        return line_cell(f"{count} warning{'s' * (count > 1)}") if count else EMPTY

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).defer("body", "headers", "digest")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        return queryset.filter(**_search_lookup(search_term.strip())), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Events", "may_apply": self.has_apply_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_apply_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(REAPPLY_PERMISSION))

    @admin.action(description="Apply again", permissions=["apply"])
    def apply_selected_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
        """Apply the selected events again. For a selection across pages, ask for confirmation first."""
        if request.POST.get("select_across") == "1":
            return redirect(confirmation_url(request))
        count = reapply_and_audit(request, queryset, ids=request.POST.getlist(ACTION_CHECKBOX_NAME))
        self.message_user(request, pending_message(count), messages.SUCCESS)
        return None

    def get_urls(self) -> list[URLPattern]:
        routes: dict[str, Callable[..., HttpResponse]] = {
            "failed": partial(failed_page, self),
            "drift": partial(drift_page, self),
            "apply-all-again": partial(apply_all_again_page, self),
            "<path:object_id>/apply-again": self.apply_again_view,
            "<path:object_id>/raw": self.raw_view,
        }
        return [*(self._url(route, view) for route, view in routes.items()), *super().get_urls()]

    def _url(self, route: str, view: Callable[..., HttpResponse]) -> URLPattern:
        name = route.rpartition("/")[2].replace("-", "_")
        return path(f"{route}/", self.admin_site.admin_view(view), name=f"events_event_{name}")

    def page_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Show one event: its outcome, the records that it touched, its body and its delivery."""
        touched = list(find_touched_records(request, event))
        context = self.page_context(request, f"Event {event.pk}") | {
            "event": event,
            "event_type": shorten(event.event_type),
            "status": badge_cell(event.status),
            "body": render_body(bytes(event.body)),
            "body_size": len(event.body),
            "digest": bytes(event.digest).hex(),
            "headers": [(shorten(name), text_cell(str(value))) for name, value in event.headers.items()],
            "warnings": [text_cell(str(warning)) for warning in event.warnings],
            "error": text_cell(event.error),
            "scope": shorten(event.scope or ""),
            "scope_url": changelist_url(Event, source=event.source.slug, scope=event.scope or ""),
            "next_attempt": describe_next_attempt(event, timezone.now()),
            "touched": touched,
            "is_cut": len(touched) == MAX_TOUCHED,
            "may_apply": self.has_apply_permission(request),
        }
        return TemplateResponse(request, "events/event.html", context)

    def apply_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make one event pending again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        event = self.get_viewable_row(request, object_id)
        if not self.has_apply_permission(request):
            raise PermissionDenied
        reapply_and_audit(request, Event.objects.filter(pk=event.pk), target=event)
        self.message_user(request, f"Event {event.pk} is pending again.", messages.SUCCESS)
        return redirect(change_url(Event, event.pk))

    def raw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download the exact bytes of a body, never as a type that a browser would render and so run."""
        event = self.get_viewable_row(request, object_id)
        write_audit_entry(identify_actor(request), AuditAction.BODY_DOWNLOAD, event)
        disposition = f'attachment; filename="event-{event.pk}.bin"'
        return HttpResponse(
            bytes(event.body),
            content_type="application/octet-stream",
            headers={"Content-Disposition": disposition},
        )


def _search_lookup(term: str) -> dict[str, Any]:
    """Return the lookup for an exact match: an id, a digest or an event type, each of which has an index."""
    if not term:
        return {}
    if ID_PATTERN.fullmatch(term):
        return {"pk": int(term)}
    try:
        return {"digest": bytes.fromhex(term)}
    except ValueError:
        return {"event_type": term}
