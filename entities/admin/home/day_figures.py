"""The figures of the day: appointments, tasks, conversations and invoices that wait for somebody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, QuerySet, When, Window
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.access.visibility import visible_to
from entities.admin.home.home_choice import HomeChoice
from entities.admin.record_columns import describe_currencies
from entities.currencies import sum_by_currency
from entities.models import Appointment, Conversation, Invoice, Message, Task

CANCELLED = ("cancelled", "canceled")
DONE = ("completed", "done", *CANCELLED)
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


def build_day_figures(user: Any, choice: HomeChoice) -> Iterator[DayFigure]:
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


def live_rows(user: Any, model: Any) -> QuerySet:
    """Return the records of a model that the user sees and that are neither deleted nor placeholders."""
    rows = model._default_manager.order_by().filter(is_deleted=False, is_placeholder=False)
    return visible_to(user, rows)


def page_or_list(page: str, model: Any, **filters: str) -> str:
    """Return the address of a page of the admin; that of the model's list if there is no such page."""
    try:
        return reverse(f"admin:{page}")
    except NoReverseMatch:
        return changelist_url(model, **filters)


def _appointments_today(user: Any, choice: HomeChoice) -> DayFigure:
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    start, end = (datetime.combine(day, time.min, zone) for day in (today, today + timedelta(days=1)))
    rows = choice.narrow(live_rows(user, Appointment)).exclude(status__in=CANCELLED)
    rows = rows.filter(starts_at__gte=start, starts_at__lt=end)
    # One query for their number and the next one: what is over comes last.
    is_over = Case(When(starts_at__lt=timezone.now(), then=True), default=False, output_field=BooleanField())
    rows = rows.annotate(total=Window(Count("pk"))).select_related("contact")
    first: Any = rows.order_by(is_over, "starts_at", "external_id").first()
    count, remark = (first.total, "no more today") if first else (0, "")
    if first and first.starts_at >= timezone.now():
        remark = (
            f"next {timezone.localtime(first.starts_at):%H:%M} {shorten(str(first.contact or first), 40)}"
        )
    url = page_or_list("agenda", Appointment, **choice.list_filters)
    is_of_all = choice.names is not None
    return DayFigure("Appointments today", count, remark, url, is_of_all=is_of_all)


def _overdue_tasks(user: Any, choice: HomeChoice) -> DayFigure:
    rows = choice.narrow(live_rows(user, Task), "assignee_ref").exclude(status__in=DONE)
    count = rows.filter(due_at__lt=timezone.now(), completed_at=None).count()
    return DayFigure(
        "Overdue tasks", count, "", page_or_list("agenda", Task, **choice.list_filters), is_alarming=count > 0
    )


def _unanswered(user: Any, choice: HomeChoice) -> DayFigure:
    rows = choice.narrow(visible_to(user, Conversation.objects.order_by()))
    count = rows.filter(unanswered_since__lt=timezone.now() - UNANSWERED_AFTER).count()
    url = page_or_list("conversations", Message, **choice.list_filters)
    is_of_all = choice.names is not None
    return DayFigure(
        "Unanswered > 24 h", count, "conversations", url, is_alarming=count > 0, is_of_all=is_of_all
    )


def _overdue_invoices(user: Any, choice: HomeChoice) -> DayFigure:
    rows = choice.narrow(live_rows(user, Invoice), "salesperson_ref")
    sums = sum_by_currency(rows.filter(Invoice.overdue.is_overdue(timezone.localdate())), "amount_open")
    count = sum(group.count for group in sums)
    url = changelist_url(Invoice, overdue="yes", **choice.list_filters)
    return DayFigure("Overdue invoices", count, describe_currencies(sums), url, is_alarming=count > 0)
