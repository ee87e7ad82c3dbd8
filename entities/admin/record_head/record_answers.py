"""Answers about a deal, an invoice and the like, from the record's own columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from crmmirror.lib.admin_kit.cells import EMPTY, date_cell, format_duration, shorten
from crmmirror.lib.admin_kit.documents import document_cell
from crmmirror.lib.admin_kit.local_times import time_cell, zone_label
from crmmirror.lib.phone_numbers import dialled_number
from entities.access.permissions import VIEW_RECORDS
from entities.admin.conversations.addresses import message_url
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_head.answer import Answer, amount_cell_of
from entities.admin.record_links import conversation_cell, record_link, value_url
from entities.admin.tasks_to_do import is_to_do
from entities.admin.value_cells import LIST_CELLS, PAGE_CELLS, column_cell, field_label, get_field, value_cell
from entities.merge.history import seen_values, value_runs
from entities.models import Conversation, Name, NameKind, Record
from entities.models.naming.named_refs import named_refs
from entities.names import STAFF_ORDER
from entities.provenance import RecordHistory

# A value that has never changed has no path.
MIN_STEPS = 2
# Characters of a name.
MAX_NAME = 40
# Steps of a path that are shown, the last ones.
MAX_STEPS = 6
# Answers of a form, and names of a kind, that the strip shows.
MAX_PARTS = 5


@dataclass(frozen=True)
class StripView:
    """The material of answers: who asks, the names of the record's ids, and what its values were."""

    request: HttpRequest
    cells: NameCells
    history: RecordHistory


AnswerFunction = Callable[[StripView, Any], Answer | None]


def amount(label: str, column: str) -> AnswerFunction:
    """Make the answer with an amount and its currency."""
    return lambda view, record: Answer(label, amount_cell_of(record, column))


def shown(column: str, label: str = "") -> AnswerFunction:
    """Make the answer with the value of a column: of a reference a link, of an id its name."""

    def answer(view: StripView, record: Record) -> Answer:
        field = get_field(type(record), column)
        return Answer(label or field_label(field).capitalize(), _show(record, column, view.cells))

    return answer


def stage(view: StripView, record: Any) -> Answer:
    """Say in which stage a record is, and for how long; of a closed deal only in which it was."""
    name = view.cells.list_cell(record, "stage_ref") if record.stage_ref or record.stage_name else EMPTY
    if record.stage_since is None or getattr(record, "status", "open") not in ("open", None):
        return Answer("Stage", name)
    duration = format_duration(timezone.now() - record.stage_since)
    return Answer("Stage", format_html('{} <span class="relative">for {}</span>', name, duration))


def expected_close(view: StripView, deal: Any) -> Answer:
    """Say when a deal is expected to close, and how late it is; of a closed one when it was closed."""
    if deal.closed_at:
        return Answer("Closed", time_cell(deal.closed_at, relative=True))
    day = deal.expected_close_date
    cell = date_cell(day) if day else EMPTY
    is_late = day and deal.status == "open" and day < localdate()
    return Answer("Expected close", _mark_late(cell, (localdate() - day).days) if is_late else cell)


def task_due(view: StripView, task: Any) -> Answer:
    """Say when a task is due, and how late it is if it is still to be done."""
    if task.due_at is None:
        return Answer("Due", EMPTY)
    late = timezone.now() - task.due_at
    cell = time_cell(task.due_at, relative=True)
    return Answer("Due", cell if not is_to_do(task) or late.days < 0 else _mark_late(cell, late.days))


def paid_invoice(view: StripView, payment: Any) -> Answer:
    """Say which invoice a payment is of, and what is still open of it."""
    invoice = payment.invoice
    if invoice is None:
        return Answer("Invoice", EMPTY)
    link = record_link(invoice)
    if invoice.amount_open is None:
        return Answer("Invoice", link)
    return Answer("Invoice", format_html("{}, open: {}", link, amount_cell_of(invoice, "amount_open")))


def path(*columns: str) -> AnswerFunction:
    """Make the answer with what a column has been, oldest first, each value with how long it lasted.

    columns: of several, the first that has changed counts.
    """

    def answer(view: StripView, record: Record) -> Answer | None:
        runs_of = {column: value_runs(seen_values(view.history.writes[column], column)) for column in columns}
        changed = (column for column, runs in runs_of.items() if len(runs) >= MIN_STEPS)
        column = next(changed, "")
        if not column:
            return None
        steps = (
            format_html(
                '{} <span class="relative">{}</span>',
                _show_former(record, column, run.value, view.cells),
                format_duration(run.ended - run.began) if run.ended else "",
            )
            for run in runs_of[column][-MAX_STEPS:]
        )
        cells = format_html_join(SafeString(" → "), "{}", ((step,) for step in steps))
        label = f"Path of the {field_label(get_field(type(record), column))}"
        return Answer(label, cells, value_url(record, column))

    return answer


def contact_card(view: StripView, record: Any) -> Answer:
    """Say whom a record is about, and how to reach that person."""
    contact = record.contact
    if contact is None:
        return Answer("Contact", _show_parties(record))
    ways = [
        format_html('<a href="{}:{}">{}</a>', scheme, quote(text, safe="@+"), shorten(value))
        for scheme, value in (("tel", contact.phone), ("mailto", contact.email))
        if value and (text := dialled_number(value) if scheme == "tel" else value)
    ]
    lines = ((line,) for line in (record_link(contact), *ways))
    return Answer(
        "Contact", format_html('<ul class="card">{}</ul>', format_html_join("", "<li>{}</li>", lines))
    )


def _show_parties(record: Any) -> SafeString:
    parties = getattr(record, "unnamed_parties", ())
    return conversation_cell(parties) if parties else EMPTY


def both_zones(label: str, column: str) -> AnswerFunction:
    """Make the answer with a time in the user's zone and in that of the source, or else UTC."""

    def answer(view: StripView, record: Any) -> Answer:
        time = getattr(record, column)
        if time is None:
            return Answer(label, EMPTY)
        cell = format_html("{} {}", time_cell(time, relative=True), zone_label())
        own = timezone.localtime(time).utcoffset()
        with timezone.override(record.source.time_zone or "UTC"):
            if timezone.localtime(time).utcoffset() == own:
                return Answer(label, cell)
            return Answer(label, format_html("{}<br>{} {}", cell, time_cell(time), zone_label()))

    return answer


def conversation(view: StripView, message: Any) -> Answer | None:
    """Lead to a message in its conversation."""
    if not message.conversation_ref or not view.request.user.has_perm(VIEW_RECORDS):
        return None
    place = Conversation(source=message.source, scope=message.scope, ref=message.conversation_ref)
    url = message_url(place, message.pk)
    return Answer("Conversation", format_html('<a href="{}">read it from this message</a>', url))


def form_answers(view: StripView, submission: Any) -> Answer:
    """Say what was answered in a form."""
    answers = submission.answers
    if not isinstance(answers, dict):
        return Answer("Answers", EMPTY if answers is None else document_cell(answers))
    return Answer("Answers", document_cell(dict(list(answers.items())[:MAX_PARTS])))


def names_of(label: str, kind: NameKind) -> AnswerFunction:
    """Make the answer with what a sub-account has of a kind, such as its pipelines, by their names."""

    def answer(view: StripView, account: Any) -> Answer | None:
        rows = Name.objects.filter(source=account.source_id, scope=account.external_id, kind=kind)
        names = [
            name.shown or f"{name.ref} (unnamed)" for name in rows.order_by(*STAFF_ORDER)[: MAX_PARTS + 1]
        ]
        more = " and more" if len(names) > MAX_PARTS else ""
        text = ", ".join(shorten(name, MAX_NAME) for name in names[:MAX_PARTS])
        return Answer(label, format_html("{}{}", text, more)) if names else None

    return answer


def _show_former(record: Record, column: str, value: Any, cells: NameCells) -> SafeString:
    if value is None:
        return EMPTY
    if column in named_refs(type(record)):
        return cells.page_cell(record, column, value)
    return value_cell(value, get_field(type(record), column), LIST_CELLS)


def _show(record: Record, column: str, cells: NameCells) -> SafeString:
    value = getattr(record, column)
    if isinstance(value, Record):
        return record_link(value, cells.names.find_own(value))
    if column in named_refs(type(record)):
        return cells.list_cell(record, column)
    return column_cell(record, get_field(type(record), column), PAGE_CELLS)


def _mark_late(cell: SafeString, days: int) -> SafeString:
    text = f"{days:,} day{'' if days == 1 else 's'} late" if days else "late"
    return format_html('{} <span class="badge" data-word="overdue">{}</span>', cell, text)
