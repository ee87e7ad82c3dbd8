"""Reads one column's value out of a payload that may hold it in several places. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from entities.merge.registers import Invalid
from entities.reading.converters import Unconvertible, to_document
from entities.reading.plan import ColumnPlan, EntityPlan

ABSENT: Final = object()
"""The value of a column of which the payload says nothing; null is a value."""


class ColumnReading(NamedTuple):
    """What a payload says of one column.

    value: a JSON value, Invalid, or ABSENT.
    consumed: the places of which the value says all (`key`, or `key.part`); the others go to `extra`.
    warnings: of what did not convert.
    """

    value: Any
    consumed: list[str]
    warnings: list[str]


def payload_values(
    column: ColumnPlan, payload: dict[str, Any], plan: EntityPlan
) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) for each of the column's places that the payload has.

    An object that is read in part is not a value itself. One that is read in part alone and is null says
    null of each part.
    """
    for key, part in column.paths:
        if key not in payload:
            continue
        value = payload[key]
        if part is None:
            if not (isinstance(value, dict) and key in plan.partly_read):
                yield key, value
        elif isinstance(value, dict):
            if part in value:
                yield f"{key}.{part}", value[part]
        elif value is None and key not in plan.fully_read:
            yield key, None


def read_column(column: ColumnPlan, values: Iterable[tuple[str, Any]]) -> ColumnReading:
    """Read the first value that converts; else the first that does not, as Invalid; else null; else ABSENT.

    values: (place, value), preferred first.
    """
    found: Any = ABSENT
    consumed: list[str] = []
    unconvertible: list[tuple[str, Any, Unconvertible]] = []
    for place, raw in values:
        try:
            converted = None if raw is None else _convert(column, raw)
        except Unconvertible as error:
            unconvertible.append((place, raw, error))
            continue
        if found is ABSENT or found is None:
            found = converted
        if converted is None or converted == found:
            consumed.append(place)
    warnings: list[str] = []
    if unconvertible and (found is ABSENT or found is None):
        place, raw, reason = unconvertible.pop(0)
        found = Invalid(place, to_document(raw))
        consumed.append(place)
        warnings.append(f"{place}: {reason}; {column.name} is null until a newer value")
    warnings += [f"{place}: {reason}; kept as it came" for place, _, reason in unconvertible]
    return ColumnReading(found, consumed, warnings)


def _convert(column: ColumnPlan, raw: Any) -> Any:
    value = column.convert(raw)
    return column.translations.get(value, value) if column.translations else value
