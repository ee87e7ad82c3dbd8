"""The page about one batch of events that were applied again: how many are in which status by now."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, shorten
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.request_check import UnusableRequest, refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.database.capped_count import format_capped
from crmmirror.lib.utc import format_utc
from entities.access.visibility import visible_to
from events.admin.applying_again.repeated_looks import LOOK_PARAMETER, read_looks
from events.models import Event

BATCH_PARAMETER = "at"
# The page reads the statuses of so many events of a batch.
MAX_COUNTED = 50_000


@dataclass(frozen=True)
class StatusLine:
    """The number of events of the batch that have a status. list_url: of the list that has just them."""

    status: SafeString
    count: int
    list_url: str


def batch_url(at: datetime) -> str:
    """Return the address of the page about a batch, which at first looks again by itself."""
    query = urlencode({BATCH_PARAMETER: format_utc(at.astimezone(UTC)), LOOK_PARAMETER: 1})
    return f"{reverse('admin:events_event_applied_again')}?{query}"


def batch_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Show what has become of the batch in the address; without one, of the newest batch."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    refuse_unknown_parameters(request, (BATCH_PARAMETER, LOOK_PARAMETER))
    events = visible_to(request.user, Event.objects.exclude(reapplied_at=None))
    text = request.GET.get(BATCH_PARAMETER)
    at = parse_batch_time(text) if text else _newest_batch(events)
    context = admin.page_context(request, "Applied again") | {"at": at}
    if at is not None:
        context |= _describe_batch(request, events.filter(reapplied_at=at), at)
    return TemplateResponse(request, "events/applied_again.html", context)


def parse_batch_time(text: str) -> datetime:
    """Return the time that names a batch. Raises UnusableRequest."""
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        raise UnusableRequest(f"{shorten(text)!r} is no time at which events were applied again") from None


def _newest_batch(events: QuerySet[Event]) -> datetime | None:
    return events.order_by("-reapplied_at").values_list("reapplied_at", flat=True).first()


def _describe_batch(request: HttpRequest, events: QuerySet[Event], at: datetime) -> dict[str, Any]:
    statuses = Counter(events.order_by().values_list("status", flat=True)[: MAX_COUNTED + 1])
    key = {"reapplied_at": format_utc(at.astimezone(UTC))}
    return {
        "total": format_capped(statuses.total(), MAX_COUNTED),
        "is_capped": statuses.total() > MAX_COUNTED,
        "pending": statuses[Event.Status.PENDING],
        "lines": [
            StatusLine(badge_cell(status), statuses[status], changelist_url(Event, status=status, **key))
            for status in Event.Status.values
            if statuses[status]
        ],
        "looks": read_looks(request, is_settled=not statuses[Event.Status.PENDING]),
    }
