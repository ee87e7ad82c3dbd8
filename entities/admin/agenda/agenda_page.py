"""The agenda: what is overdue, and the appointments and tasks of a day, a week or a month."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.local_times import time_cell, time_of_day_cell
from crmmirror.lib.admin_kit.request_check import refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import changelist_url, site_page_url
from entities.admin.agenda.agenda_days import (
    APPOINTMENTS,
    TASKS,
    Agenda,
    AgendaDay,
    read_agenda,
    viewable_kinds,
)
from entities.admin.agenda.agenda_span import KINDS, Span, make_span, read_span
from entities.admin.agenda.work_rows import CANCELLED
from entities.admin.filtered_pages.page_filters import PageFilter
from entities.admin.filtered_pages.ref_choices import source_choices
from entities.admin.filtered_pages.work_choice import WorkChoice, read_choice
from entities.admin.record_links import record_link
from entities.models import Record, Task
from entities.names import Names

# Kind of span -> how many appointments, and how many tasks, a day of it shows. A month has counts alone.
MAX_ENTRIES = {"day": 200, "week": 30, "month": 0}
# More overdue tasks than these are folded.
MAX_UNFOLDED = 50


def agenda_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the agenda that the address asks for. context: what the template of every admin page needs.

    Raises PermissionDenied and UnusableRequest.
    """
    kinds = viewable_kinds(request.user)
    if not kinds:
        raise PermissionDenied
    refuse_unknown_parameters(request, (*KINDS, "person", "source"))
    today = timezone.localdate()
    span, choice = read_span(request, today), read_choice(request)
    with_overdue = span.kind != "month" and today in span.days
    agenda = read_agenda(request.user, choice, span.days, MAX_ENTRIES[span.kind], with_overdue=with_overdue)
    days = [_describe_day(day, agenda.names, choice, today) for day in agenda.days]
    context |= {
        "title": "Agenda",
        "span": span,
        "heading": _heading(span),
        "filters": _make_filters(span, choice, today),
        "tabs": [(kind, _span_url(make_span(kind, span.anchor(today)), choice, today)) for kind in KINDS],
        "previous_url": _span_url(span.previous, choice, today) if span.previous else "",
        "next_url": _span_url(span.next, choice, today) if span.next else "",
        "today_url": _span_url(make_span(span.kind, today), choice, today),
        "overdue": _describe_overdue(agenda),
        "days": days,
        "blank_days": range(span.days[0].weekday()),
        "is_of_all": choice.names is not None and APPOINTMENTS in kinds,
    }
    return TemplateResponse(request, f"entities/agenda_{span.kind}.html", context)


def _heading(span: Span) -> str:
    first, last = span.days[0], span.days[-1]
    return {
        "day": f"{first:%a} {first.day} {first:%b %Y}",
        "week": f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}",
        "month": f"{first:%B %Y}",
    }[span.kind]


def _make_filters(span: Span, choice: WorkChoice, today: date) -> tuple[PageFilter, ...]:
    input_type = "month" if span.kind == "month" else "date"
    slug = choice.list_filters.get("source", "")
    return (
        PageFilter(
            span.kind, span.kind.capitalize(), (), span.value(span.anchor(today)), input_type=input_type
        ),
        PageFilter("person", "Person", choice.people, choice.person),
        PageFilter("source", "Source", tuple(source_choices(choice.sources)), slug),
    )


def _span_url(span: Span, choice: WorkChoice, today: date) -> str:
    return site_page_url("agenda", **{span.kind: span.value(span.anchor(today))}, **choice.parameters)


def _describe_day(day: AgendaDay, names: Names, choice: WorkChoice, today: date) -> dict[str, Any]:
    entries = [_describe_entry(record, at, names) for at, record in day.entries]
    return {
        "day": day.day,
        "url": site_page_url("agenda", day=day.day.isoformat(), **choice.parameters),
        "is_today": day.day == today,
        "appointment_count": day.counts.get("appointment", 0),
        "task_count": day.counts.get("task", 0),
        "entries": entries,
        "hours": [(hour, list(group)) for hour, group in groupby(entries, key=lambda entry: entry["hour"])],
        "left_out": day.left_out,
    }


def _describe_entry(record: Any, at: datetime, names: Names) -> dict[str, Any]:
    """Return an appointment or a task as a row shows it. who: the calendar's name, or the assignee's."""
    is_task = isinstance(record, Task)
    ends_at = None if is_task else record.ends_at
    ref_column = "assignee_ref" if is_task else "calendar_ref"
    return {
        "hour": f"{timezone.localtime(at):%H}:00",
        "time": time_of_day_cell(at),
        "until": time_of_day_cell(ends_at) if ends_at and _is_same_day(at, ends_at) else "",
        "is_task": is_task,
        "is_late": is_task and at < timezone.now(),
        "is_off": record.status in CANCELLED,
        "link": record_link(record),
        "contact": record_link(record.contact) if record.contact else "",
        "status": record.status or "",
        "who": _name(record, ref_column, names),
    }


def _describe_overdue(agenda: Agenda) -> dict[str, Any]:
    """Return the overdue tasks as the page shows them: the first ones, and the folded ones."""
    if agenda.overdue is None:
        return {}
    lines = list(_overdue_lines(agenda))
    return {
        "count": agenda.overdue.count,
        "groups": [(False, lines[:MAX_UNFOLDED]), (True, lines[MAX_UNFOLDED:])],
        "left_out": agenda.overdue.count - len(lines),
        "folded_count": agenda.overdue.count - MAX_UNFOLDED,
        "list_url": changelist_url(Task),
    }


def _overdue_lines(agenda: Agenda) -> Iterator[dict[str, Any]]:
    for task in agenda.overdue.tasks if agenda.overdue else ():
        yield {
            "due": time_cell(getattr(task, TASKS.time), relative=True),
            "link": record_link(task),
            "contact": record_link(task.contact) if task.contact else "",
            "status": task.status or "",
            "who": _name(task, "assignee_ref", agenda.names),
        }


def _name(record: Record, column: str, names: Names) -> str:
    return shorten(names.find_in_column(record, column) or getattr(record, column) or "", 60)


def _is_same_day(start: datetime, end: datetime) -> bool:
    return timezone.localdate(start) == timezone.localdate(end)
