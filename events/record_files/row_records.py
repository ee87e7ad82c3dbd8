"""Makes records of a file's rows, as they are stored. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any

from django.db.models import DateTimeField

from entities.models.introspection import mirrored_fields, record_models_by_name
from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.reading.mapped_event import Unmappable
from entities.reading.paths import ABSENT
from entities.reading.plans.entity_plans import EntityPlan
from entities.reading.record_reading import list_id_places, read_id
from entities.reading.texts import is_blank
from entities.reading.times import add_zone, parse_time
from entities.reading.unconvertible import Unconvertible
from entities.stored_events import Origin
from events.record_files.file_rows import FileRow
from events.record_files.headings import HeadingPlan, place_cells, simplify


@dataclass(frozen=True)
class RecordPlan:
    """The plan by which the rows of one file become records of one kind.

    file: its name. is_nested: whether rows have keys of their own, as in JSON.
    changed: the heading of the time of last change; empty if there is none.
    as_of: aware; the time for which a row without a time of last change is certain; None if nobody said.
    scope: the id of the sub-account that the records are of; empty for none.
    zone: that of written times without an offset.
    """

    entity: EntityPlan
    headings: HeadingPlan
    file: str
    is_nested: bool
    changed: str
    as_of: datetime | None
    scope: str
    zone: tzinfo = UTC

    @cached_property
    def times(self) -> frozenset[str]:
        """The columns that hold times."""
        fields = mirrored_fields(record_models_by_name()[self.entity.entity.model])
        return frozenset(name for name, field in fields.items() if isinstance(field, DateTimeField))


def make_record(row: FileRow, plan: RecordPlan) -> FetchedRecord:
    """Return the record of a row. A bad row becomes one with a problem, which names the row."""
    place = {"file": plan.file, "row": str(row.number)}
    model = plan.entity.entity.model
    record, problem, observed_at = row.cells, row.problem, None
    if not problem:
        cells = _state_zones(row.cells, plan)
        record = place_cells(cells, plan.headings, is_nested=plan.is_nested)
        problem = _find_id_problem(plan.entity, record)
    if not problem:
        observed_at, problem = _read_time(cells, plan)
    problem = problem and f"row {row.number}: {problem}"
    return FetchedRecord(Origin.FILE, model, record, observed_at, plan.scope, problem=problem, headers=place)


def _state_zones(cells: dict[str, Any], plan: RecordPlan) -> dict[str, Any]:
    """Return the cells, their times with an offset: what is stored must not depend on who reads it."""
    return {
        heading: add_zone(value, plan.zone) if _holds_time(heading, plan) else value
        for heading, value in cells.items()
    }


def _holds_time(heading: str, plan: RecordPlan) -> bool:
    target = plan.headings.find_target(heading)
    return heading == plan.changed or (target is not None and target.column in plan.times)


def _find_id_problem(entity: EntityPlan, record: dict[str, Any]) -> str:
    try:
        if read_id(entity, record, ABSENT) is not None or entity.entity.identified_by_digest:
            return ""
    except Unmappable as error:
        return str(error)
    return f"no id (looked for {', '.join(list_id_places(entity))})"


def _read_time(cells: dict[str, Any], plan: RecordPlan) -> tuple[datetime | None, str]:
    """Return the time for which the row is certain, or why there is none."""
    value = _find_cell(cells, plan.changed) if plan.changed else None
    if is_blank(value):
        return plan.as_of, "" if plan.as_of else f"no time of last change in {plan.changed!r}"
    try:
        return parse_time(value), ""
    except Unconvertible as error:
        return None, f"the time of last change in {plan.changed!r} is {error}"


def _find_cell(cells: dict[str, Any], heading: str) -> Any:
    """Return the value under a heading, also where it is spelled otherwise."""
    if heading in cells:
        return cells[heading]
    word = simplify(heading)
    return next((value for name, value in cells.items() if simplify(name) == word), None)
