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

from entities import vendors
from entities.admin import cells, filters
from entities.admin.links import page_of
from entities.admin.readonly import ReadOnlyAdmin
from events.admin.bodies import shown
from events.admin.drift import drift_page
from events.admin.failed import MAY_APPLY, ReasonFilter, apply_all_again_page, failed_page, pending_again
from events.admin.next_try import next_try
from events.admin.touched import MAX_TOUCHED, touched_by
from events.apply_again import apply_again
from events.models import Event


def known_types() -> tuple[str, ...]:
    return tuple(sorted({name for vendor in vendors.every().values() for name in vendor.event_types}))


class EventAdmin(ReadOnlyAdmin):
    ordering = ("-id",)
    list_display = ("name", "type", "state", "remark", "source", "received", "tries")
    list_select_related = ("source",)
    list_filter = (
        filters.words("status", tuple(Event.Status.values), other=False),
        filters.period("received_at", "receipt"),
        filters.SourceFilter,
        filters.words("event_type", known_types(), heading="event type"),
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
        return cells.line(event.event_type) if event.event_type else cells.NOTHING

    @admin.display(description="status")
    def state(self, event: Event) -> SafeString:
        return cells.word(event.status)

    @admin.display(description="received (UTC)")
    def received(self, event: Event) -> SafeString:
        return cells.minute(event.received_at)

    @admin.display(description="tries")
    def tries(self, event: Event) -> SafeString:
        return cells.number(str(event.attempts))

    @admin.display(description="remark")
    def remark(self, event: Event) -> SafeString:
        """The reason, else how many warnings there are."""
        if event.error:
            return cells.line(event.error)
        count = len(event.warnings)
        return cells.line(f"{count} warning{'s' * (count > 1)}") if count else cells.NOTHING

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
        return bool(request.user.has_perm(MAY_APPLY))

    @admin.action(description="Apply again", permissions=["apply"])
    def apply_selected_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        count = apply_again(queryset)
        self.message_user(request, pending_again(count), messages.SUCCESS)

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
        touched = list(touched_by(event))
        context = self.page_context(request, f"Event {event.pk}") | {
            "event": event,
            "event_type": cells.short(event.event_type),
            "status": cells.word(event.status),
            "body": shown(bytes(event.body)),
            "body_size": len(event.body),
            "digest": bytes(event.digest).hex(),
            "headers": [(cells.short(name), cells.text(str(value))) for name, value in event.headers.items()],
            "warnings": [cells.text(str(warning)) for warning in event.warnings],
            "error": cells.text(event.error),
            "next_try": next_try(event, timezone.now()),
            "touched": touched,
            "is_cut": len(touched) == MAX_TOUCHED,
            "may_apply": self.has_apply_permission(request),
        }
        return TemplateResponse(request, "events/event.html", context)

    def apply_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        event = self.shown(request, object_id)
        if not self.has_apply_permission(request):
            raise PermissionDenied
        apply_again(Event.objects.filter(pk=event.pk))
        self.message_user(request, f"Event {event.pk} is pending again.", messages.SUCCESS)
        return redirect(page_of(Event, event.pk))

    def raw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The exact bytes; never as a type that a browser would show."""
        event = self.shown(request, object_id)
        disposition = f'attachment; filename="event-{event.pk}.bin"'
        return HttpResponse(
            bytes(event.body),
            content_type="application/octet-stream",
            headers={"Content-Disposition": disposition},
        )


def _sought(term: str) -> dict[str, Any]:
    if not term:
        return {}
    if filters.ID.fullmatch(term):
        return {"pk": int(term)}
    try:
        return {"digest": bytes.fromhex(term)}
    except ValueError:
        return {"event_type": term}
