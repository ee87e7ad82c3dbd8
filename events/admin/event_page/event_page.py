"""The page of one event."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import badge_cell, shorten, text_cell
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.stored_events import Origin
from entities.vendors import all_vendors
from events.admin.applying_again.apply_again import REAPPLY_PERMISSION
from events.admin.applying_again.repeated_looks import read_looks
from events.admin.event_page.body_html import render_body
from events.admin.event_page.next_attempt import describe_next_attempt
from events.admin.event_page.touched_records import MAX_TOUCHED, find_touched_records
from events.models import Event
from events.reports.envelope_problem import EnvelopeProblem, find_envelope_problem

MAX_WARNINGS = 100


def event_page(admin: ReadOnlyAdmin, request: HttpRequest, event: Event) -> HttpResponse:
    """Show one event. The viewer may see it."""
    touched = list(find_touched_records(request, event))
    context = admin.page_context(request, f"Event {event.pk}") | {
        "event": event,
        "event_type": shorten(event.event_type),
        "status": badge_cell(event.status),
        "origin": event.origin,
        "body": render_body(bytes(event.body)),
        "body_size": len(event.body),
        "digest": bytes(event.digest).hex(),
        "headers": [(shorten(name), text_cell(str(value))) for name, value in event.headers.items()],
        "warnings": [text_cell(str(warning)) for warning in event.warnings[:MAX_WARNINGS]],
        "warning_count": len(event.warnings),
        "error": text_cell(event.error),
        "scope": shorten(event.scope or ""),
        "scope_url": changelist_url(Event, source=event.source.slug, scope=event.scope or ""),
        "problem": _find_problem(event),
        "next_attempt": describe_next_attempt(event, timezone.now()),
        "looks": read_looks(request, is_settled=event.status != Event.Status.PENDING),
        "touched": touched,
        "is_cut": len(touched) == MAX_TOUCHED,
        "may_apply": request.user.has_perm(REAPPLY_PERMISSION),
    }
    return TemplateResponse(request, "events/event.html", context)


def _find_problem(event: Event) -> EnvelopeProblem | None:
    """Return what is wrong with the envelope of a malformed event; None also without its vendor's module."""
    vendor = all_vendors().get(event.source.vendor)
    if event.status != Event.Status.MALFORMED or vendor is None:
        return None
    return find_envelope_problem(bytes(event.body), vendor, event.received_at, Origin(event.origin))
