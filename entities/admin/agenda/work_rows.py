"""Selects the appointments and open tasks that a user sees, for the first page and the agenda."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from entities.access.visibility import visible_to
from entities.admin.filtered_pages.work_choice import WorkChoice
from entities.admin.tasks_to_do import IS_TO_DO
from entities.models import Appointment, Task

CANCELLED = ("cancelled", "canceled")
# The condition that an appointment is not called off.
TAKES_PLACE = Q(status__isnull=True) | ~Q(status__in=CANCELLED)


def live_rows(user: Any, model: Any) -> QuerySet:
    """Return the records of a model that the user sees and that are neither deleted nor placeholders."""
    rows = model._default_manager.order_by().filter(is_deleted=False, is_placeholder=False)
    return visible_to(user, rows)


def appointments(user: Any, choice: WorkChoice) -> QuerySet:
    """Return the appointments of the chosen source, those that are called off too. They name no person."""
    return choice.narrow(live_rows(user, Appointment))


def open_tasks(user: Any, choice: WorkChoice) -> QuerySet:
    """Return the tasks of the chosen source and person that are still to be done."""
    return choice.narrow(live_rows(user, Task), "assignee_ref").filter(IS_TO_DO)


def is_within(column: str, first: date, last: date) -> Q:
    """Return the condition that a time is on one of these days, by the calendar of the active time zone."""
    zone = timezone.get_current_timezone()
    start, end = (datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1)))
    return Q(**{f"{column}__gte": start, f"{column}__lt": end})
