"""The pages that show failed and malformed events by reason, and apply all matching events again."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.views.main import ERROR_FLAG, ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from crmmirror.lib.admin_kit.cells import shorten, text_cell
from crmmirror.lib.admin_kit.list_filters import FoldedFilter, Lookups
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.database.capped_count import count_up_to, format_capped
from entities.access.visibility import visibility_of
from entities.admin.record_links import event_url
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction
from events.models import Event
from events.processing.reapply import reapply, select_reapplicable
from events.reports import failure_reasons
from events.reports.failure_reasons import (
    UNAPPLIED_STATUSES,
    FailureReason,
    FailureReport,
    filter_by_reason,
    find_failure_reasons,
)

REAPPLY_PERMISSION = "events.change_event"
# The page that asks for confirmation counts the matching events up to here.
MAX_COUNTED = 100_000
# The parameters of a list that do not change which events it has: its page, its order, Django's error flag.
POSITION_PARAMETERS = (PAGE_VAR, ORDER_VAR, ERROR_FLAG)


class ReasonFilter(FoldedFilter):
    """Filters events by the reason in the address; shown only if a link has set it."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        reason = self.used_parameters.get(self.parameter_name)
        return [(reason, shorten(reason))] if reason else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        reason = self.value()
        return filter_by_reason(queryset, reason) if reason else queryset


@dataclass(frozen=True)
class Line:
    """A reason, shortened, and the pages that it links to."""

    reason: FailureReason
    text: str
    list_url: str
    reapply_url: str
    example_url: str


@dataclass(frozen=True)
class Queue:
    """The events of one status by reason. `limits_note`: what is not counted or not shown, if anything."""

    status: str
    total: str
    lines: tuple[Line, ...]
    reapply_url: str
    limits_note: str


def reapply_url(**filters: str) -> str:
    """Return the address of the page that applies all events again that these filters of the list match."""
    return f"{reverse('admin:events_event_apply_all_again')}?{urlencode(filters)}"


def confirmation_url(request: HttpRequest) -> str:
    """Return the address of that page for the filters and the search of the list that is asked for."""
    filters = request.GET.copy()
    for name in POSITION_PARAMETERS:
        filters.pop(name, None)
    return f"{reverse('admin:events_event_apply_all_again')}?{filters.urlencode()}"


def failed_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Show the failed and the malformed events by reason."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    context = admin.page_context(request, "Failed and malformed events") | {
        "queues": [
            _queue(find_failure_reasons(status, visibility_of(request.user))) for status in UNAPPLIED_STATUSES
        ],
        "may_apply": request.user.has_perm(REAPPLY_PERMISSION),
    }
    return TemplateResponse(request, "events/failed.html", context)


def apply_all_again_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Apply all events again that the list's filters and search match; on GET, ask for confirmation."""
    if not (admin.has_view_permission(request) and request.user.has_perm(REAPPLY_PERMISSION)):
        raise PermissionDenied
    events = _matching_events(admin, request)
    if request.method == "POST":
        count = reapply_and_audit(request, events, filters=request.GET.urlencode())
        admin.message_user(request, pending_message(count), messages.SUCCESS)
        return redirect(changelist_url(Event, status=Event.Status.PENDING))
    counted = count_up_to(select_reapplicable(events), MAX_COUNTED)
    context = admin.page_context(request, "Apply again") | {
        "count": format_capped(counted, MAX_COUNTED),
        "is_one": counted == 1,
        "filters": [
            (name, text_cell(str(value)))
            for name, value in request.GET.items()
            if name not in POSITION_PARAMETERS
        ],
        "list_url": f"{changelist_url(Event)}?{request.GET.urlencode()}",
    }
    return TemplateResponse(request, "events/apply_all_again.html", context)


def reapply_and_audit(
    request: HttpRequest, events: QuerySet[Event], target: Event | None = None, **detail: Any
) -> int:
    """Make these events pending, and write that in the audit log; return how many.

    target: the event, if it was one that was chosen by its page. detail: which ones were chosen.
    """
    with transaction.atomic():
        count = reapply(events)
        write_audit_entry(identify_actor(request), AuditAction.APPLY_AGAIN, target, count=count, **detail)
    return count


def _matching_events(admin: ReadOnlyAdmin, request: HttpRequest) -> QuerySet[Event]:
    """Return the events that the address's filters match.

    The list refuses a filter or a choice that it does not have (UnusableRequest). Otherwise a typing error
    would match, and apply again, every event.
    """
    return admin.get_changelist_instance(request).queryset


def pending_message(count: int) -> str:
    """Return the message for staff after so many events were made pending again."""
    return f"{count:,} {'event is' if count == 1 else 'events are'} pending again."


def _queue(report: FailureReport) -> Queue:
    return Queue(
        status=report.status,
        total=format_capped(report.events, failure_reasons.MAX_EVENTS),
        lines=tuple(_line(reason) for reason in report.reasons),
        reapply_url=reapply_url(status=report.status),
        limits_note=_limits_note(report),
    )


def _line(reason: FailureReason) -> Line:
    filters = {"status": reason.status, "source": reason.source_slug, "reason": reason.text}
    return Line(
        reason=reason,
        text=shorten(reason.text, failure_reasons.MAX_REASON_LENGTH),
        list_url=changelist_url(Event, **filters),
        reapply_url=reapply_url(**filters),
        example_url=event_url(reason.example_id),
    )


def _limits_note(report: FailureReport) -> str:
    sentences = []
    if report.events > failure_reasons.MAX_EVENTS:
        sentences.append(f"There are more: only the newest {failure_reasons.MAX_EVENTS:,} are counted here.")
    if report.has_more_reasons:
        sentences.append(f"Only the {failure_reasons.MAX_REASONS} most frequent reasons are shown.")
    return " ".join(sentences)
