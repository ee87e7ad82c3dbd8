"""The figures of the day: appointments, tasks, conversations and invoices that wait for somebody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, When, Window
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.urls import changelist_url, site_page_url
from entities.access.visibility import visible_to
from entities.admin.agenda.work_rows import TAKES_PLACE, appointments, is_within, live_rows, open_tasks
from entities.admin.filtered_pages.work_choice import WorkChoice
from entities.admin.record_columns import describe_currencies
from entities.currencies import sum_by_currency
from entities.models import Conversation, Invoice

UNANSWERED_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class DayFigure:
    """One figure: how many there are, more about them, and the page on which they are.

    is_alarming: somebody waits. is_of_all: the chosen person does not narrow it: nobody owns such a record.
    """

    label: str
    count: int
    remark: str
    url: str
    is_alarming: bool = False
    is_of_all: bool = False


def build_day_figures(user: Any, choice: WorkChoice) -> Iterator[DayFigure]:
    """Yield the figures of what the user may view; each is exact."""
    figures = {
        "appointment": _appointments_today,
        "task": _overdue_tasks,
        "message": _unanswered,
        "invoice": _overdue_invoices,
    }
    for name, make_figure in figures.items():
        if user.has_perm(f"entities.view_{name}"):
            yield make_figure(user, choice)


def _appointments_today(user: Any, choice: WorkChoice) -> DayFigure:
    today = timezone.localdate()
    rows = appointments(user, choice).filter(TAKES_PLACE, is_within("starts_at", today, today))
    # One query for their number and the next one: what is over comes last.
    is_over = Case(When(starts_at__lt=timezone.now(), then=True), default=False, output_field=BooleanField())
    rows = rows.annotate(total=Window(Count("pk"))).select_related("contact")
    first: Any = rows.order_by(is_over, "starts_at", "external_id").first()
    count, remark = (first.total, "no more today") if first else (0, "")
    if first and first.starts_at >= timezone.now():
        remark = (
            f"next {timezone.localtime(first.starts_at):%H:%M} {shorten(str(first.contact or first), 40)}"
        )
    url = site_page_url("agenda", **choice.parameters)
    is_of_all = choice.names is not None
    return DayFigure("Appointments today", count, remark, url, is_of_all=is_of_all)


def _overdue_tasks(user: Any, choice: WorkChoice) -> DayFigure:
    count = open_tasks(user, choice).filter(due_at__lt=timezone.now()).count()
    url = site_page_url("agenda", **choice.parameters)
    return DayFigure("Overdue tasks", count, "", url, is_alarming=count > 0)


def _unanswered(user: Any, choice: WorkChoice) -> DayFigure:
    rows = choice.narrow(visible_to(user, Conversation.objects.order_by()))
    count = rows.filter(unanswered_since__lt=timezone.now() - UNANSWERED_AFTER).count()
    url = site_page_url("conversations", **choice.list_filters)
    is_of_all = choice.names is not None
    return DayFigure(
        "Unanswered > 24 h", count, "conversations", url, is_alarming=count > 0, is_of_all=is_of_all
    )


def _overdue_invoices(user: Any, choice: WorkChoice) -> DayFigure:
    rows = choice.narrow(live_rows(user, Invoice), "salesperson_ref")
    sums = sum_by_currency(rows.filter(Invoice.overdue.is_overdue(timezone.localdate())), "amount_open")
    count = sum(group.count for group in sums)
    url = changelist_url(Invoice, overdue="yes", **choice.list_filters)
    return DayFigure("Overdue invoices", count, describe_currencies(sums), url, is_alarming=count > 0)
