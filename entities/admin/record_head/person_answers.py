"""Answers about a person or company: what was said last, what is open, owed, and next.

Each is a query and what is made of its rows, so that `strip` can read all of a page by one statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Left
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from crmmirror.lib.admin_kit.cells import line_cell
from crmmirror.lib.admin_kit.local_times import time_cell
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from crmmirror.lib.database.capped_count import format_capped
from crmmirror.lib.database.combined_queries import JsonRow
from entities.access.permissions import VIEW_RECORDS
from entities.access.visibility import viewer_of, visible_to
from entities.admin.channel_words import channel_text
from entities.admin.conversations.addresses import message_url
from entities.admin.record_columns import describe_currencies
from entities.admin.record_head.answer import Answer, amount_cell_of
from entities.admin.tasks_to_do import IS_TO_DO
from entities.currencies import Total, read_totals, total_query
from entities.models import Appointment, Conversation, Deal, Invoice, Message, Payment, Record, Task
from entities.models.conversation import INBOUND
from entities.models.introspection import model_name
from entities.models.short_rows import make_record

# More than these are neither counted nor summed.
MAX_COUNTED = 1_000
MAX_TEXT = 300
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


@dataclass(frozen=True)
class PersonAnswer:
    """A question about what is related to a person or company.

    model: of the related records. ask: makes the query of the related records that is to be read.
    say: makes the answer of the query's rows.
    """

    model: type[Record]
    ask: Callable[[QuerySet], QuerySet]
    say: Callable[[HttpRequest, Record, Sequence[JsonRow]], Answer]


def related_query(request: HttpRequest, record: Record, answer: PersonAnswer) -> QuerySet | None:
    """Return the query of an answer; None if the user may not view what it is about."""
    if not request.user.has_perm(f"entities.view_{model_name(answer.model)}"):
        return None
    path = PATHS[model_name(type(record))][answer.model]
    rows = answer.model._default_manager.filter(**{path: record.pk}, is_deleted=False, is_placeholder=False)
    return answer.ask(visible_to(viewer_of(request), rows))


def _ask_last_inbound(rows: QuerySet) -> QuerySet:
    time = Coalesce("occurred_at", "first_event_at")
    inbound = rows.filter(direction=INBOUND).annotate(at=time, text=Left("body", MAX_TEXT))
    newest = inbound.order_by(F("at").desc(nulls_last=True))
    return newest.values("id", "at", "text", "channel", "scope", "conversation_ref")[:1]


def _say_last_inbound(request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    """Say what came in last, when, and by what channel."""
    if not rows:
        return Answer("Last in", line_cell("nothing"))
    (message,) = rows
    when = time_cell(_to_time(message["at"]), relative=True) if message["at"] else ""
    channel = channel_text(message["channel"])
    value = format_html("{} {} {}", channel, when, line_cell(message["text"] or "no text"))
    return Answer("Last in", value, _message_address(request, record, message))


def _message_address(request: HttpRequest, record: Any, message: JsonRow) -> str:
    """Return the address of a message: in its conversation, if the user may read that."""
    ref = message["conversation_ref"]
    if not ref or not request.user.has_perm(VIEW_RECORDS):
        return change_url(Message, message["id"])
    return message_url(Conversation(source=record.source, scope=message["scope"], ref=ref), message["id"])


def _bounded(rows: QuerySet) -> QuerySet:
    """Return MAX_COUNTED + 1 of the rows at most, in a form that can be summed."""
    return rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[: MAX_COUNTED + 1])


def _describe_total(total: Total) -> SafeString:
    """Return a count with the sums of an amount by currency. Of too many rows there is no sum."""
    text = format_capped(total.count, MAX_COUNTED)
    sums = describe_currencies(total.sums) if total.count <= MAX_COUNTED else ""
    return format_html("{}", f"{text}: {sums}" if sums else text)


def _ask_deals(rows: QuerySet) -> QuerySet:
    return total_query(_bounded(rows.filter(status__in=("open", "won"))), "value", {"state": F("status")})


def _say_deals(request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    """Say how many deals are open and won, with their sums by currency."""
    totals = read_totals(rows, ("state",))
    value = _describe_total(totals.get(("open",), Total()))
    if won := totals.get(("won",)):
        value = format_html("{}, won {}", value, _describe_total(won))
    parameters = {PATHS[model_name(type(record))][Deal]: record.pk, "status": "open"}
    return Answer("Open deals", value, changelist_url(Deal, **parameters))


def _ask_won_this_year(rows: QuerySet) -> QuerySet:
    start = timezone.make_aware(datetime(localdate().year, 1, 1))  # noqa: DTZ001
    return total_query(_bounded(rows.filter(status="won", won_at__gte=start)), "value", {})


def _ask_unpaid(rows: QuerySet) -> QuerySet:
    rule: Any = Invoice.overdue
    return total_query(_bounded(rows.filter(rule.is_owed())), rule.open, {}, rule.is_overdue(localdate()))


def _say_total(label: str, request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    return Answer(label, _describe_total(read_totals(rows).get((), Total())))


def _say_owed(request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    """Say what is to be paid of all invoices, by currency, and how many of them are late."""
    total = read_totals(rows).get((), Total())
    path = PATHS[model_name(type(record))][Invoice]
    url = changelist_url(Invoice, **{path: record.pk})
    return Answer("Owed", _mark_late(_describe_total(total), total.marked_count), url)


def _mark_late(value: SafeString, count: int) -> SafeString:
    if not count:
        return value
    return format_html('{} <span class="badge" data-word="overdue">{} late</span>', value, count)


def _ask_next_appointment(rows: QuerySet) -> QuerySet:
    coming = rows.filter(starts_at__gte=timezone.now()).exclude(status__in=OFF, status__isnull=False)
    shown = coming.order_by("starts_at", "external_id").annotate(name=Left("title", MAX_TEXT))
    return shown.values("id", "starts_at", "name", "external_id")[:1]


def _say_next_appointment(request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    """Say when the next appointment begins that is not called off."""
    if not rows:
        return Answer("Next appointment", line_cell("none"))
    (row,) = rows
    when = time_cell(_to_time(row["starts_at"]), relative=True)
    value = format_html("{} {}", when, line_cell(row["name"] or row["external_id"]))
    return Answer("Next appointment", value, change_url(Appointment, row["id"]))


def _ask_open_tasks(rows: QuerySet) -> QuerySet:
    return (
        _bounded(rows.filter(IS_TO_DO))
        .order_by()
        .values(group=Value(1))
        .annotate(
            count=Count("pk"), late=Count("pk", filter=Q(due_at__lt=timezone.now())), first=Min("due_at")
        )
    )


def _say_open_tasks(request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    """Say how many tasks are not done, how many of them are late, and when the first one is due."""
    row: JsonRow = rows[0] if rows else {"count": 0, "late": 0, "first": None}
    value = format_html("{}", format_capped(row["count"], MAX_COUNTED))
    if row["first"]:
        value = format_html("{}, first due {}", value, time_cell(_to_time(row["first"]), relative=True))
    path = PATHS[model_name(type(record))][Task]
    url = changelist_url(Task, **{path: record.pk}) if "__" not in path else ""
    return Answer("Open tasks", _mark_late(value, row["late"]), url)


def _ask_last_payment(rows: QuerySet) -> QuerySet:
    newest = rows.filter(paid_at__isnull=False).order_by("-paid_at")
    return newest.values("id", "amount", "currency", "paid_at")[:1]


def _say_last_payment(request: HttpRequest, record: Record, rows: Sequence[JsonRow]) -> Answer:
    """Say what was paid last, and when."""
    if not rows:
        return Answer("Last payment", line_cell("none"))
    payment = make_record(Payment, rows[0], record.source)
    value = format_html("{} {}", amount_cell_of(payment, "amount"), time_cell(payment.paid_at, relative=True))
    return Answer("Last payment", value, change_url(Payment, payment.pk))


def _to_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


last_inbound = PersonAnswer(Message, _ask_last_inbound, _say_last_inbound)
open_deals = PersonAnswer(Deal, _ask_deals, _say_deals)
won_this_year = PersonAnswer(Deal, _ask_won_this_year, partial(_say_total, "Won this year"))
owed = PersonAnswer(Invoice, _ask_unpaid, _say_owed)
next_appointment = PersonAnswer(Appointment, _ask_next_appointment, _say_next_appointment)
open_tasks = PersonAnswer(Task, _ask_open_tasks, _say_open_tasks)
last_payment = PersonAnswer(Payment, _ask_last_payment, _say_last_payment)
