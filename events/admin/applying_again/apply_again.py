"""Applies events again for staff, with an entry in the audit log, and asks first where they are many."""

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

from crmmirror.lib.admin_kit.cells import text_cell
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.database.capped_count import count_up_to, format_capped
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction
from events.admin.applying_again.batch_page import batch_url
from events.models import Event
from events.processing.reapply import ReappliedBatch, reapply, select_reapplicable

REAPPLY_PERMISSION = "events.change_event"
# The page that asks for confirmation counts the matching events up to here.
MAX_COUNTED = 100_000
# The parameters of a list that do not change which events it has: its page, its order, Django's error flag.
POSITION_PARAMETERS = (PAGE_VAR, ORDER_VAR, ERROR_FLAG)


def reapply_url(**filters: str) -> str:
    """Return the address of the page that applies all events again that these filters of the list match."""
    return f"{reverse('admin:events_event_apply_all_again')}?{urlencode(filters)}"


def confirmation_url(request: HttpRequest) -> str:
    """Return the address of that page for the filters and the search of the list that is asked for."""
    filters = request.GET.copy()
    for name in POSITION_PARAMETERS:
        filters.pop(name, None)
    return f"{reverse('admin:events_event_apply_all_again')}?{filters.urlencode()}"


def apply_all_again_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Apply all events again that the list's filters and search match; on GET, ask for confirmation."""
    if not (admin.has_view_permission(request) and request.user.has_perm(REAPPLY_PERMISSION)):
        raise PermissionDenied
    events = _matching_events(admin, request)
    if request.method == "POST":
        batch = reapply_and_audit(request, events, filters=request.GET.urlencode())
        return redirect_to_result(request, batch)
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
) -> ReappliedBatch:
    """Make these events pending, and write that in the audit log.

    target: the event, if it was one that was chosen by its page. detail: which ones were chosen.
    """
    with transaction.atomic():
        batch = reapply(events)
        actor = identify_actor(request)
        write_audit_entry(actor, AuditAction.APPLY_AGAIN, target, count=batch.count, **detail)
    return batch


def redirect_to_result(request: HttpRequest, batch: ReappliedBatch) -> HttpResponse:
    """Lead to the page that shows what becomes of the batch; with no event, back to the list."""
    verb = "event is" if batch.count == 1 else "events are"
    messages.success(request, f"{batch.count:,} {verb} pending again.")
    return redirect(batch_url(batch.at) if batch.count else changelist_url(Event))


def _matching_events(admin: ReadOnlyAdmin, request: HttpRequest) -> QuerySet[Event]:
    """Return the events that the address's filters match.

    The list refuses a filter or a choice that it does not have (UnusableRequest). Otherwise a typing error
    would match, and apply again, every event.
    """
    return admin.get_changelist_instance(request).queryset
