"""The page of failed and malformed events by reason."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.database.capped_count import format_capped
from entities.access.visibility import visibility_of
from entities.admin.record_links import event_url
from events.admin.applying_again.apply_again import REAPPLY_PERMISSION, reapply_url
from events.models import Event
from events.reports import failure_reasons
from events.reports.failure_reasons import (
    UNAPPLIED_STATUSES,
    FailureReason,
    FailureReport,
    find_failure_reasons,
)


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
