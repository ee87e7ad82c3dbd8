"""Answers about a deal, an invoice and the like, from the record's own columns."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from crmmirror.lib.admin_kit.cells import EMPTY, date_cell, format_duration
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_head.answer import Answer, amount_cell_of
from entities.admin.record_links import record_link
from entities.admin.value_cells import PAGE_CELLS, column_cell, field_label, get_field
from entities.models import Record
from entities.models.naming.named_refs import named_refs

AnswerFunction = Callable[[HttpRequest, Any, NameCells], Answer | None]


def amount(label: str, column: str) -> AnswerFunction:
    """Make the answer with an amount and its currency."""
    return lambda request, record, cells: Answer(label, amount_cell_of(record, column))


def shown(column: str, label: str = "") -> AnswerFunction:
    """Make the answer with the value of a column: of a reference a link, of an id its name."""

    def answer(request: HttpRequest, record: Record, cells: NameCells) -> Answer:
        field = get_field(type(record), column)
        return Answer(label or field_label(field).capitalize(), _show(record, column, cells))

    return answer


def stage(request: HttpRequest, record: Any, cells: NameCells) -> Answer:
    """Say in which stage a record is, and for how long; of a closed deal only in which it was."""
    name = cells.list_cell(record, "stage_ref") if record.stage_ref or record.stage_name else EMPTY
    if record.stage_since is None or getattr(record, "status", "open") not in ("open", None):
        return Answer("Stage", name)
    duration = format_duration(timezone.now() - record.stage_since)
    return Answer("Stage", format_html('{} <span class="relative">for {}</span>', name, duration))


def expected_close(request: HttpRequest, deal: Any, cells: NameCells) -> Answer:
    """Say when a deal is expected to close, and how late it is; of a closed one when it was closed."""
    if deal.closed_at:
        return Answer("Closed", time_cell(deal.closed_at, relative=True))
    day = deal.expected_close_date
    cell = date_cell(day) if day else EMPTY
    is_late = day and deal.status == "open" and day < localdate()
    return Answer("Expected close", _mark_late(cell, (localdate() - day).days) if is_late else cell)


def task_due(request: HttpRequest, task: Any, cells: NameCells) -> Answer:
    """Say when a task is due, and how late it is unless it is done."""
    if task.due_at is None:
        return Answer("Due", EMPTY)
    is_done = task.completed_at or task.status == "completed"
    late = timezone.now() - task.due_at
    cell = time_cell(task.due_at, relative=True)
    return Answer("Due", cell if is_done or late.days < 0 else _mark_late(cell, late.days))


def paid_invoice(request: HttpRequest, payment: Any, cells: NameCells) -> Answer:
    """Say which invoice a payment is of, and what is still open of it."""
    invoice = payment.invoice
    if invoice is None:
        return Answer("Invoice", EMPTY)
    link = record_link(invoice)
    if invoice.amount_open is None:
        return Answer("Invoice", link)
    return Answer("Invoice", format_html("{}, open: {}", link, amount_cell_of(invoice, "amount_open")))


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
