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
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, badge_cell, line_cell, number_cell
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN, SourceFilter, period_filter, word_filter
from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import change_url
from entities.access.visible_rows import VisibleRowsAdmin
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction
from entities.reading.fetched.fetched_plans import all_event_types
from events.admin.applying_again.apply_again import (
    REAPPLY_PERMISSION,
    apply_all_again_page,
    confirmation_url,
    reapply_and_audit,
    redirect_to_result,
)
from events.admin.applying_again.batch_page import batch_page
from events.admin.applying_again.repeated_looks import LOOK_PARAMETER
from events.admin.drift_page import drift_page
from events.admin.event_filters import BatchFilter, LoadFilter, ReasonFilter, ScopeFilter
from events.admin.event_page.event_page import event_page
from events.admin.event_search import (
    ReceivedFromFilter,
    ReceivedToFilter,
    RecordFilter,
    form_context,
    redirect_form,
)
from events.admin.failed_page import failed_page
from events.models import Event


def mapped_event_types() -> tuple[str, ...]:
    """Return the event types that the mapping of any vendor knows, sorted."""
    return tuple(sorted(all_event_types()))


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
        BatchFilter,
        LoadFilter,
        RecordFilter,
        ReceivedFromFilter,
        ReceivedToFilter,
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
        if request.method == "GET" and (redirection := redirect_form(request)):
            return redirection
        context = {"title": "Events", "may_apply": self.has_apply_permission(request)}
        context |= form_context(request.GET)
        return super().changelist_view(request, context | (extra_context or {}))

    def has_apply_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(REAPPLY_PERMISSION))

    @admin.action(description="Apply again", permissions=["apply"])
    def apply_selected_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        """Apply the selected events again. For a selection across pages, ask for confirmation first."""
        if request.POST.get("select_across") == "1":
            return redirect(confirmation_url(request))
        if pruned_count := queryset.filter(pruned_at__isnull=False).count():
            messages.warning(request, f"{pruned_count:,} left out, because their bodies have been removed.")
        batch = reapply_and_audit(request, queryset, ids=request.POST.getlist(ACTION_CHECKBOX_NAME))
        return redirect_to_result(request, batch)

    def get_urls(self) -> list[URLPattern]:
        routes: dict[str, Callable[..., HttpResponse]] = {
            "failed": partial(failed_page, self),
            "drift": partial(drift_page, self),
            "apply-all-again": partial(apply_all_again_page, self),
            "applied-again": partial(batch_page, self),
            "<path:object_id>/apply-again": self.apply_again_view,
            "<path:object_id>/raw": self.raw_view,
        }
        return [*(self._url(route, view) for route, view in routes.items()), *super().get_urls()]

    def _url(self, route: str, view: Callable[..., HttpResponse]) -> URLPattern:
        name = route.rpartition("/")[2].replace("-", "_")
        return path(f"{route}/", self.admin_site.admin_view(view), name=f"events_event_{name}")

    def page_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        return event_page(self, request, event)

    def apply_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make one event pending again, and lead to its page, which then shows the result by itself."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        event = self.get_viewable_row(request, object_id)
        if not self.has_apply_permission(request):
            raise PermissionDenied
        if event.pruned_at is not None:
            return _refuse_without_body(request, event, "applied again")
        reapply_and_audit(request, Event.objects.filter(pk=event.pk), target=event)
        messages.success(request, f"Event {event.pk} is pending again.")
        return redirect(f"{change_url(Event, event.pk)}?{LOOK_PARAMETER}=1")

    def raw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download the exact bytes of a body, never as a type that a browser would render and so run."""
        event = self.get_viewable_row(request, object_id)
        if event.pruned_at is not None:
            return _refuse_without_body(request, event, "downloaded")
        write_audit_entry(identify_actor(request), AuditAction.BODY_DOWNLOAD, event)
        disposition = f'attachment; filename="event-{event.pk}.bin"'
        return HttpResponse(
            bytes(event.body),
            content_type="application/octet-stream",
            headers={"Content-Disposition": disposition},
        )


def _refuse_without_body(request: HttpRequest, event: Event, act: str) -> HttpResponse:
    """Lead to the page of a pruned event, and say why it cannot be done."""
    messages.error(request, f"Event {event.pk} cannot be {act}: its body has been removed.")
    return redirect(change_url(Event, event.pk))


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
