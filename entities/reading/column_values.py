"""Reads one column's value out of a payload that may hold it in several places. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from entities.merge.registers import Invalid
from entities.reading.converters import to_document
from entities.reading.paths import ABSENT, Path, follow, join_parts, step
from entities.reading.plans.entity_plans import ColumnPlan, EntityPlan
from entities.reading.texts import is_blank
from entities.reading.unconvertible import Unconvertible


class ColumnReading(NamedTuple):
    """The result of reading one column out of a payload.

    value: a JSON value, Invalid, or ABSENT.
    consumed: the places (`key`, `key.part`) that the value contains in full; the others go to `extra`.
    warnings: about values that did not convert.
    """

    value: Any
    consumed: list[str]
    warnings: list[str]


def payload_values(
    column: ColumnPlan, payload: dict[str, Any], plan: EntityPlan, root: Any = ABSENT
) -> list[tuple[str, Any]]:
    """Return (place, value) for each of the column's paths that leads somewhere.

    An object of which columns read parts (`stage.name`) is not a value itself. If only its parts are read
    and it is null or blank, each part is null; so is each item of an empty list.
    root: of the body; absent in a copy, which must not take what the event says of its own record.
    """
    values: list[tuple[str, Any]] = []
    for path in column.paths:
        place, parts, is_rooted, _ = path
        if is_rooted:
            value = follow(ABSENT, path, root)
        elif len(parts) == 1:
            value = payload.get(place, ABSENT)
            if isinstance(value, dict) and place in plan.partly_read:
                continue
        else:
            place, value = _look_inside(path, payload, plan)
        if value is not ABSENT:
            values.append((place, value))
    return values


def _look_inside(path: Path, payload: dict[str, Any], plan: EntityPlan) -> tuple[str, Any]:
    """Return the value at a path of several parts, and the place that it covers."""
    value: Any = payload
    for depth, part in enumerate(path.parts):
        if depth and is_blank(value):
            outer = join_parts(path.parts[:depth])
            return outer, ABSENT if outer in plan.fully_read else None
        # The list itself stays in `extra`, whole.
        if isinstance(value, list) and not value:
            return path.place, None
        value = step(value, part)
        if value is ABSENT:
            break
    if isinstance(value, dict) and path.place in plan.partly_read:
        return path.place, ABSENT
    return path.place, value


def read_column(column: ColumnPlan, values: Iterable[tuple[str, Any]]) -> ColumnReading:
    """Read the first value that converts; else the first that does not, as Invalid; else null; else ABSENT.

    values: (place, value), preferred first.
    """
    value: Any = ABSENT
    consumed: list[str] = []
    unconvertible: list[tuple[str, Any, Unconvertible]] = []
    for place, raw in values:
        try:
            converted = None if is_null(column, raw) else convert(column, raw)
        except Unconvertible as error:
            unconvertible.append((place, raw, error))
            continue
        if value is ABSENT or value is None:
            value = converted
        if converted is None or converted == value:
            consumed.append(place)
    if not unconvertible:
        return ColumnReading(value, consumed, [])
    warnings: list[str] = []
    if value is ABSENT or value is None:
        place, raw, reason = unconvertible.pop(0)
        value = Invalid(place, to_document(raw))
        consumed.append(place)
        warnings.append(f"{place}: {reason}; {column.name} is null until a newer value")
    warnings += [f"{place}: {reason}; kept as it came" for place, _, reason in unconvertible]
    return ColumnReading(value, consumed, warnings)


def is_null(column: ColumnPlan, raw: Any) -> bool:
    """Return True for null and, except in a document, which keeps what was sent, for a blank text."""
    return raw is None if column.is_document else is_blank(raw)


def convert(column: ColumnPlan, raw: Any) -> Any:
    """Return a value that is not null as its column holds it. Raises Unconvertible."""
    # A flag is a word where the table has a word for it.
    value = column.convert(str(raw).lower() if isinstance(raw, bool) and column.translations else raw)
    return column.translations.get(value, value) if column.translations else value
