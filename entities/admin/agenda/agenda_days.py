"""The days of an agenda: how much is on each, and its first appointments and tasks, in order of time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, JSONField, Q, QuerySet, Window
from django.db.models.functions import TruncDate
from django.utils import timezone

from entities.admin.agenda.work_rows import TAKES_PLACE, appointments, is_within, open_tasks
from entities.admin.filtered_pages.work_choice import WorkChoice
from entities.admin.tasks_to_do import IS_TO_DO
from entities.models import Appointment, Record, Task
from entities.models.introspection import model_name
from entities.names import Names, names_for

MAX_OVERDUE = 250


@dataclass(frozen=True)
class EntryKind:
    """A kind of entries. time: the column by which one is on a day. counted: the condition that it counts."""

    model: Any
    time: str
    select: Callable[[Any, WorkChoice], QuerySet]
    counted: Q

    @property
    def permission(self) -> str:
        return f"entities.view_{model_name(self.model)}"

    @property
    def order(self) -> tuple[str, ...]:
        return (self.time, "external_id", "id")


APPOINTMENTS = EntryKind(Appointment, "starts_at", appointments, TAKES_PLACE)
TASKS = EntryKind(Task, "due_at", open_tasks, IS_TO_DO)
ENTRY_KINDS = (APPOINTMENTS, TASKS)


@dataclass
class AgendaDay:
    """A day. counts: model's name -> how many count; left_out: how many entries are not read."""

    day: date
    counts: dict[str, int] = field(default_factory=dict)
    left_out: int = 0
    entries: list[tuple[datetime, Record]] = field(default_factory=list)


@dataclass(frozen=True)
class Overdue:
    """The tasks that were due before now: how many, and the first of them."""

    count: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Agenda:
    """The days; what is overdue, or None if that is not asked for; the names of all ids in the entries."""

    days: tuple[AgendaDay, ...]
    overdue: Overdue | None
    names: Names


def viewable_kinds(user: Any) -> tuple[EntryKind, ...]:
    """Return the kinds of entries that a user may view."""
    return tuple(kind for kind in ENTRY_KINDS if user.has_perm(kind.permission))


def read_agenda(
    user: Any, choice: WorkChoice, days: Sequence[date], max_entries: int, *, with_overdue: bool
) -> Agenda:
    """Read the days in eight queries at most. max_entries: of each kind on each day; 0 for counts alone."""
    agenda_days = {day: AgendaDay(day) for day in days}
    overdue, records = None, list[Record]()
    for kind in viewable_kinds(user):
        rows = kind.select(user, choice)
        _count(kind, rows, agenda_days, max_entries)
        ids = _list_ids(kind, rows, days, max_entries)
        overdue_ids, overdue_count = list[int](), 0
        if with_overdue and kind is TASKS:
            overdue_ids, overdue_count = _list_overdue(rows)
        by_id = _read_records(kind, {*ids, *overdue_ids})
        for id in ids:
            at = getattr(by_id[id], kind.time)
            agenda_days[timezone.localdate(at)].entries.append((at, by_id[id]))
        if with_overdue and kind is TASKS:
            overdue = Overdue(overdue_count, tuple(by_id[id] for id in overdue_ids))
        records.extend(by_id.values())
    for agenda_day in agenda_days.values():
        # Of one time, appointments come before tasks, because the sort keeps their order.
        agenda_day.entries.sort(key=lambda entry: entry[0])
    return Agenda(tuple(agenda_days.values()), overdue, names_for(records))


def _count(kind: EntryKind, rows: QuerySet, days: Mapping[date, AgendaDay], max_entries: int) -> None:
    """Note how many entries each day has."""
    listed = list(days)
    on_days = rows.filter(is_within(kind.time, listed[0], listed[-1])).annotate(on_day=TruncDate(kind.time))
    for day, total, counted in on_days.values_list("on_day").annotate(
        Count("pk"), counted=Count("pk", filter=kind.counted)
    ):
        # The database's time zones may be of another year than Python's, which say where the span ends.
        if day in days:
            days[day].counts[model_name(kind.model)] = counted
            days[day].left_out += max(0, total - max_entries)


def _list_ids(kind: EntryKind, rows: QuerySet, days: Iterable[date], max_entries: int) -> list[int]:
    """Return the ids of the first entries of each day; an index serves each part of the query."""
    if not max_entries:
        return []
    first, *others = [
        rows.filter(is_within(kind.time, day, day))
        .order_by(*kind.order)
        .values_list("pk", flat=True)[:max_entries]
        for day in days
    ]
    return list(first.union(*others, all=True))


def _list_overdue(rows: QuerySet) -> tuple[list[int], int]:
    """Return the ids of the tasks that are overdue for longest, and how many there are, in one query."""
    overdue = (
        rows.filter(due_at__lt=timezone.now()).annotate(total=Window(Count("pk"))).order_by(*TASKS.order)
    )
    found = list(overdue.values_list("pk", "total")[:MAX_OVERDUE])
    return [id for id, _ in found], found[0][1] if found else 0


def _read_records(kind: EntryKind, ids: set[int]) -> dict[int, Any]:
    """Return id -> record with its contact, without their documents, in order of time."""
    if not ids:
        return {}
    contact: Any = kind.model._meta.get_field("contact").related_model
    documents = [one.name for one in kind.model._meta.concrete_fields if isinstance(one, JSONField)]
    documents += [
        f"contact__{one.name}" for one in contact._meta.concrete_fields if isinstance(one, JSONField)
    ]
    rows = kind.model._default_manager.filter(pk__in=ids).select_related("contact")
    return {row.pk: row for row in rows.defer(*documents).order_by(*kind.order)}
