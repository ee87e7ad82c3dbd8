"""Reads one column's value out of a payload that may hold it in several places. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from entities.merge.registers import Invalid
from entities.reading.converters import to_document
from entities.reading.plan import ColumnPlan, EntityPlan
from entities.reading.texts import is_blank
from entities.reading.unconvertible import Unconvertible

ABSENT: Final = object()
"""Stands for the value of a column that the payload does not have. Null is a value."""


class ColumnReading(NamedTuple):
    """The result of reading one column out of a payload.

    value: a JSON value, Invalid, or ABSENT.
    consumed: the places (`key`, or `key.part`) that the value contains in full; the others go to `extra`.
    warnings: about values that did not convert.
    """

    value: Any
    consumed: list[str]
    warnings: list[str]


def payload_values(
    column: ColumnPlan, payload: dict[str, Any], plan: EntityPlan
) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) for each of the column's places that the payload has.

    An object of which columns read parts (`stage.name`) is not a value itself. If only its parts are read
    and it is null or blank, each part is null.
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
        elif is_blank(value) and key not in plan.fully_read:
            yield key, None


def read_column(column: ColumnPlan, values: Iterable[tuple[str, Any]]) -> ColumnReading:
    """Read the first value that converts; else the first that does not, as Invalid; else null; else ABSENT.

    values: (place, value), preferred first.
    """
    value: Any = ABSENT
    consumed: list[str] = []
    unconvertible: list[tuple[str, Any, Unconvertible]] = []
    for place, raw in values:
        try:
            converted = None if is_null(column, raw) else _convert(column, raw)
        except Unconvertible as error:
            unconvertible.append((place, raw, error))
            continue
        if value is ABSENT or value is None:
            value = converted
        if converted is None or converted == value:
            consumed.append(place)
    warnings: list[str] = []
    if unconvertible and (value is ABSENT or value is None):
        place, raw, reason = unconvertible.pop(0)
        value = Invalid(place, to_document(raw))
        consumed.append(place)
        warnings.append(f"{place}: {reason}; {column.name} is null until a newer value")
    warnings += [f"{place}: {reason}; kept as it came" for place, _, reason in unconvertible]
    return ColumnReading(value, consumed, warnings)


def is_null(column: ColumnPlan, raw: Any) -> bool:
    """Return True for null and, except in a document, which keeps what was sent, for a blank text."""
    return raw is None if column.is_document else is_blank(raw)


def _convert(column: ColumnPlan, raw: Any) -> Any:
    value = column.convert(raw)
    return column.translations.get(value, value) if column.translations else value
