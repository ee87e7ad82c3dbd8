"""The log of events: read-only but for "apply again"."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
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
    minute_cell,
    number_cell,
    shorten,
    text_cell,
)
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN, SourceFilter, period_filter, word_filter
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import change_url
from entities.vendors import all_vendors
from events.admin.body_html import render_body
from events.admin.drift_page import drift_page
from events.admin.failed_page import (
    REAPPLY_PERMISSION,
    ReasonFilter,
    apply_all_again_page,
    failed_page,
    pending_message,
)
from events.admin.next_attempt import describe_next_attempt
from events.admin.touched_records import MAX_TOUCHED, find_touched_records
from events.models import Event
from events.processing.reapply import reapply


def known_types() -> tuple[str, ...]:
    return tuple(sorted({name for vendor in all_vendors().values() for name in vendor.event_types}))


class EventAdmin(ReadOnlyAdmin):
    ordering = ("-id",)
    list_display = ("name", "type", "state", "remark", "source", "received", "tries")
    list_select_related = ("source",)
    list_filter = (
        word_filter("status", tuple(Event.Status.values), has_other=False),
        period_filter("received_at", "receipt"),
        SourceFilter,
        word_filter("event_type", known_types(), heading="event type"),
        ReasonFilter,
    )
    search_fields = ("id", "digest", "event_type")
    search_help_text = "The number of an event, the SHA-256 of its body in hex, or an event type, in full."
    actions = ("apply_selected_again",)
    change_list_template = "events/events.html"

    @admin.display(description="event")
    def name(self, event: Event) -> str:
        return str(event.pk)

    @admin.display(description="type")
    def type(self, event: Event) -> SafeString:
        return line_cell(event.event_type) if event.event_type else EMPTY

    @admin.display(description="status")
    def state(self, event: Event) -> SafeString:
        return badge_cell(event.status)

    @admin.display(description="received (UTC)")
    def received(self, event: Event) -> SafeString:
        return minute_cell(event.received_at)

    @admin.display(description="tries")
    def tries(self, event: Event) -> SafeString:
        return number_cell(str(event.attempts))

    @admin.display(description="remark")
    def remark(self, event: Event) -> SafeString:
        """The reason, else how many warnings there are."""
        if event.error:
            return line_cell(event.error)
        count = len(event.warnings)
        return line_cell(f"{count} warning{'s' * (count > 1)}") if count else EMPTY

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return Event.objects.defer("body", "headers", "digest")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        return queryset.filter(**_sought(search_term.strip())), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Events", "may_apply": self.has_apply_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_apply_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(REAPPLY_PERMISSION))

    @admin.action(description="Apply again", permissions=["apply"])
    def apply_selected_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        count = reapply(queryset)
        self.message_user(request, pending_message(count), messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        of_many = {"failed": failed_page, "drift": drift_page, "apply-all-again": apply_all_again_page}
        own = {"apply-again": self.apply_again_view, "raw": self.raw_view}
        pages = [
            path(
                f"{word}/",
                self.admin_site.admin_view(partial(page, self)),
                name=f"events_event_{word.replace('-', '_')}",
            )
            for word, page in of_many.items()
        ]
        views = [
            path(
                f"<path:object_id>/{word}/",
                self.admin_site.admin_view(view),
                name=f"events_event_{word.replace('-', '_')}",
            )
            for word, view in own.items()
        ]
        return [*pages, *views, *super().get_urls()]

    def page_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        touched = list(find_touched_records(event))
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
            "next_try": describe_next_attempt(event, timezone.now()),
            "touched": touched,
            "is_cut": len(touched) == MAX_TOUCHED,
            "may_apply": self.has_apply_permission(request),
        }
        return TemplateResponse(request, "events/event.html", context)

    def apply_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        event = self.get_viewable_row(request, object_id)
        if not self.has_apply_permission(request):
            raise PermissionDenied
        reapply(Event.objects.filter(pk=event.pk))
        self.message_user(request, f"Event {event.pk} is pending again.", messages.SUCCESS)
        return redirect(change_url(Event, event.pk))

    def raw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The exact bytes; never as a type that a browser would show."""
        event = self.get_viewable_row(request, object_id)
        disposition = f'attachment; filename="event-{event.pk}.bin"'
        return HttpResponse(
            bytes(event.body),
            content_type="application/octet-stream",
            headers={"Content-Disposition": disposition},
        )


def _sought(term: str) -> dict[str, Any]:
    if not term:
        return {}
    if ID_PATTERN.fullmatch(term):
        return {"pk": int(term)}
    try:
        return {"digest": bytes.fromhex(term)}
    except ValueError:
        return {"event_type": term}
