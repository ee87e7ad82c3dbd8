"""Answers about a person or company: what was said last, what is open, owed, and next."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from crmmirror.lib.admin_kit.cells import line_cell
from crmmirror.lib.admin_kit.local_times import time_cell
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from crmmirror.lib.database.capped_count import format_capped
from entities.access.permissions import VIEW_RECORDS
from entities.access.visibility import viewer_of, visible_to
from entities.admin.conversations.addresses import message_url
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_columns import describe_currencies
from entities.admin.record_head.answer import Answer, amount_cell_of
from entities.currencies import sum_rows
from entities.models import Appointment, Conversation, Deal, Invoice, Message, Payment, Record, Task
from entities.models.conversation import INBOUND
from entities.models.introspection import model_name

# More than these are neither counted nor summed.
MAX_COUNTED = 1_000
OFF = ("cancelled", "canceled", "no_show", "completed")
# Model of the page -> model of what is asked for -> the path of columns from the latter to the former.
PATHS: Mapping[str, Mapping[type[Record], str]] = {
    "contact": dict.fromkeys((Message, Deal, Invoice, Appointment, Task), "contact"),
    "client": {
        **dict.fromkeys((Message, Appointment, Task), "contact__client"),
        **dict.fromkeys((Deal, Invoice, Payment), "client"),
    },
    "lead": {Deal: "lead"},
}


def last_inbound(request: HttpRequest, record: Record, cells: NameCells) -> Answer | None:
    """Say what came in last, when, and by what channel."""
    rows = _related(request, record, Message)
    if rows is None:
        return None
    time = Coalesce("occurred_at", "first_event_at")
    inbound = rows.filter(direction=INBOUND).annotate(at=time).order_by(time.desc(nulls_last=True))
    message = inbound.select_related("source").defer("extra", "registers").first()
    if message is None:
        return Answer("Last in", line_cell("nothing"))
    when = time_cell(message.at, relative=True) if message.at else ""
    channel = (message.channel or "").replace("_", " ")
    value = format_html("{} {} {}", channel, when, line_cell(message.body or "no text"))
    return Answer("Last in", value, _message_address(request, message))


def open_deals(request: HttpRequest, record: Record, cells: NameCells) -> Answer | None:
    """Say how many deals are open, with their sums by currency."""
    rows = _related(request, record, Deal)
    if rows is None:
        return None
    value, _ = _count_and_sum(rows.filter(status="open"), "value", Q(pk=None))
    parameters = {PATHS[model_name(type(record))][Deal]: record.pk, "status": "open"}
    return Answer("Open deals", value, changelist_url(Deal, **parameters))


def owed(request: HttpRequest, record: Record, cells: NameCells) -> Answer | None:
    """Say what is to be paid of all invoices, by currency, and how many of them are late."""
    rows, rule = _related(request, record, Invoice), Invoice.overdue
    if rows is None or rule is None:
        return None
    exempt = Q(status__in=sorted(rule.exempt_statuses), status__isnull=False)
    unpaid = rows.filter(~exempt, **{f"{rule.open}__gt": 0})
    value, late_count = _count_and_sum(unpaid, rule.open, rule.is_overdue(localdate()))
    if late_count:
        value = format_html('{} <span class="badge" data-word="overdue">{} late</span>', value, late_count)
    path = PATHS[model_name(type(record))][Invoice]
    return Answer("Owed", value, changelist_url(Invoice, **{path: record.pk}))


def next_appointment(request: HttpRequest, record: Record, cells: NameCells) -> Answer | None:
    """Say when the next appointment begins that is not called off."""
    rows = _related(request, record, Appointment)
    if rows is None:
        return None
    coming = rows.filter(starts_at__gte=timezone.now()).exclude(status__in=OFF, status__isnull=False)
    appointment = coming.order_by("starts_at", "external_id").defer("extra", "registers").first()
    if appointment is None:
        return Answer("Next appointment", line_cell("none"))
    value = format_html("{} {}", time_cell(appointment.starts_at, relative=True), line_cell(str(appointment)))
    return Answer("Next appointment", value, change_url(Appointment, appointment.pk))


def open_tasks(request: HttpRequest, record: Record, cells: NameCells) -> Answer | None:
    """Say how many tasks are not done, how many of them are late, and when the first one is due."""
    rows = _related(request, record, Task)
    if rows is None:
        return None
    undone = rows.filter(completed_at=None).exclude(status="completed", status__isnull=False)
    counts = undone.order_by()[: MAX_COUNTED + 1].aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(due_at__lt=timezone.now())), first=Min("due_at")
    )
    value = format_html("{}", format_capped(counts["all"], MAX_COUNTED))
    if counts["first"]:
        value = format_html("{}, first due {}", value, time_cell(counts["first"], relative=True))
    if counts["late"]:
        value = format_html(
            '{} <span class="badge" data-word="overdue">{} late</span>', value, counts["late"]
        )
    path = PATHS[model_name(type(record))][Task]
    return Answer("Open tasks", value, changelist_url(Task, **{path: record.pk}) if "__" not in path else "")


def last_payment(request: HttpRequest, record: Record, cells: NameCells) -> Answer | None:
    """Say what was paid last, and when."""
    rows = _related(request, record, Payment)
    if rows is None:
        return None
    payment = rows.filter(paid_at__isnull=False).select_related("source").order_by("-paid_at").first()
    if payment is None:
        return Answer("Last payment", line_cell("none"))
    value = format_html("{} {}", amount_cell_of(payment, "amount"), time_cell(payment.paid_at, relative=True))
    return Answer("Last payment", value, change_url(Payment, payment.pk))


def _related(request: HttpRequest, record: Record, model: type[Record]) -> QuerySet[Any] | None:
    """Return the live records of a model that are this person's; None if the user may not view them."""
    if not request.user.has_perm(f"entities.view_{model_name(model)}"):
        return None
    path = PATHS[model_name(type(record))][model]
    rows = model._default_manager.filter(**{path: record.pk}, is_deleted=False, is_placeholder=False)
    return visible_to(viewer_of(request), rows)


def _count_and_sum(rows: QuerySet[Any], column: str, marked: Q) -> tuple[SafeString, int]:
    """Return a count with the sums of an amount by currency, as HTML, and the count of what is marked.

    Of too many rows there is no sum. One query, which reads MAX_COUNTED + 1 rows at most.
    """
    bounded = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[: MAX_COUNTED + 1])
    counted = sum_rows(bounded, column, marked)
    text = format_capped(counted.count, MAX_COUNTED)
    sums = describe_currencies(counted.sums) if counted.count <= MAX_COUNTED else ""
    return format_html("{}", f"{text}: {sums}" if sums else text), counted.marked_count


def _message_address(request: HttpRequest, message: Any) -> str:
    """Return the address of a message: in its conversation, if the user may read that."""
    if not message.conversation_ref or not request.user.has_perm(VIEW_RECORDS):
        return change_url(Message, message.pk)
    conversation = Conversation(source=message.source, scope=message.scope, ref=message.conversation_ref)
    return message_url(conversation, message.pk)
