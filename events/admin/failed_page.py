"""Failed and malformed events by reason, and the way to apply all of a kind again."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from crmmirror.lib.admin_kit.cells import shorten, text_cell
from crmmirror.lib.admin_kit.list_filters import FoldedFilter, Lookups
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.capped_count import format_capped
from entities.admin.record_links import event_url
from events.models import Event
from events.processing.reapply import reapplicable, reapply
from events.reports import failure_reasons
from events.reports.failure_reasons import (
    UNAPPLIED_STATUSES,
    FailureReason,
    FailureReport,
    filter_by_reason,
    find_failure_reasons,
)

REAPPLY_PERMISSION = "events.change_event"
# Beyond so many, a number of events is not counted before they are applied again.
MAX_COUNTED = 100_000


class ReasonFilter(FoldedFilter):
    """The events that ended for a reason that a link named; shown only then."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        asked = self.used_parameters.get(self.parameter_name)
        return [(asked, shorten(asked))] if asked else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = self.value()
        return filter_by_reason(queryset, asked) if asked else queryset


@dataclass(frozen=True)
class Line:
    """A reason, and where it leads."""

    reason: FailureReason
    words: str
    list_url: str
    again_url: str
    example_url: str


@dataclass(frozen=True)
class Queue:
    """The events of one status by reason; `read` says what was not read or is not shown, if anything."""

    status: str
    total: str
    lines: tuple[Line, ...]
    again_url: str
    read: str


def reapply_url(**filters: str) -> str:
    return f"{reverse('admin:events_event_apply_all_again')}?{urlencode(filters)}"


def failed_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    context = admin.page_context(request, "Failed and malformed events") | {
        "queues": [_queue(find_failure_reasons(status)) for status in UNAPPLIED_STATUSES],
        "may_apply": request.user.has_perm(REAPPLY_PERMISSION),
    }
    return TemplateResponse(request, "events/failed.html", context)


def apply_all_again_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Asks before it applies again all events that the list's own filters and search match."""
    if not (admin.has_view_permission(request) and request.user.has_perm(REAPPLY_PERMISSION)):
        raise PermissionDenied
    events = _matching(admin, request)
    if request.method == "POST":
        count = reapply(events)
        admin.message_user(request, pending_message(count), messages.SUCCESS)
        return redirect(changelist_url(Event, status=Event.Status.PENDING))
    counted = reapplicable(events).order_by()[: MAX_COUNTED + 1].count()
    context = admin.page_context(request, "Apply again") | {
        "count": format_capped(counted, MAX_COUNTED),
        "is_one": counted == 1,
        "chosen": [(name, text_cell(str(value))) for name, value in request.GET.items() if name != "p"],
        "list_url": f"{changelist_url(Event)}?{request.GET.urlencode()}",
    }
    return TemplateResponse(request, "events/apply_all_again.html", context)


def _matching(admin: ReadOnlyAdmin, request: HttpRequest) -> QuerySet[Event]:
    """Raises Http404 where a filter is not one of the list's, or its value not one of the filter's."""
    try:
        changelist = admin.get_changelist_instance(request)
    except IncorrectLookupParameters as error:
        raise Http404("The list of events has no such filter.") from error
    filters = (spec for spec in changelist.filter_specs if isinstance(spec, SimpleListFilter))
    if not all(spec.value() is None or spec.value() in dict(spec.lookup_choices) for spec in filters):
        raise Http404("A filter of the list of events has no such choice.")
    return changelist.queryset


def pending_message(count: int) -> str:
    return f"{count:,} {'event is' if count == 1 else 'events are'} pending again."


def _queue(found: FailureReport) -> Queue:
    return Queue(
        status=found.status,
        total=format_capped(found.counted, failure_reasons.MAX_EVENTS),
        lines=tuple(_line(reason) for reason in found.found),
        again_url=reapply_url(status=found.status),
        read=_read(found),
    )


def _line(reason: FailureReason) -> Line:
    filters = {"status": reason.status, "source": reason.source, "reason": reason.words}
    return Line(
        reason=reason,
        words=shorten(reason.words, failure_reasons.MAX_LENGTH),
        list_url=changelist_url(Event, **filters),
        again_url=reapply_url(**filters),
        example_url=event_url(reason.example),
    )


def _read(found: FailureReport) -> str:
    said = []
    if found.counted > failure_reasons.MAX_EVENTS:
        said.append(f"There are more: the newest {failure_reasons.MAX_EVENTS:,} are counted here.")
    if found.left_out:
        said.append(f"The {failure_reasons.MAX_REASONS} most frequent reasons are shown.")
    return " ".join(said)
