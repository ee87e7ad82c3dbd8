"""One column's value out of a payload: every place that may hold it, and what to make of several. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from entities.converters import Unconvertible, document
from entities.plan import Column, Plan
from entities.registers import Invalid

ABSENT: Final = object()


def places(column: Column, payload: dict[str, Any], plan: Plan) -> Iterator[tuple[str, Any]]:
    """What the payload holds in the column's places.

    An object that is read in part is no value itself, and one that is only read in part and is
    null says null of each part.
    """
    for key, part in column.paths:
        if key not in payload:
            continue
        value = payload[key]
        if part is None:
            if not (isinstance(value, dict) and key in plan.parted):
                yield key, value
        elif isinstance(value, dict):
            if part in value:
                yield f"{key}.{part}", value[part]
        elif value is None and key not in plan.whole:
            yield key, None


def read_value(column: Column, told: Iterable[tuple[str, Any]], taken: set[str], warnings: list[str]) -> Any:
    """The first that converts; else the first that does not, as Invalid; else null; else ABSENT.

    told: place -> what stands there. taken: grows by the places of which the value says all; what is
    in the others is kept as it came. warnings: grows by what did not convert.
    """
    found: Any = ABSENT
    refused: list[tuple[str, Any, Unconvertible]] = []
    for place, raw in told:
        try:
            converted = None if raw is None else _converted(column, raw)
        except Unconvertible as error:
            refused.append((place, raw, error))
            continue
        if found is ABSENT or found is None:
            found = converted
        if converted is None or converted == found:
            taken.add(place)
    if not refused:
        return found
    return _refused(column, found, refused, taken, warnings)


def _converted(column: Column, raw: Any) -> Any:
    value = column.convert(raw)
    return column.words.get(value, value) if column.words else value


def _refused(
    column: Column,
    found: Any,
    refused: list[tuple[str, Any, Unconvertible]],
    taken: set[str],
    warnings: list[str],
) -> Any:
    """What was found, or the first of the refused where nothing was; with their warnings."""
    if found is ABSENT or found is None:
        place, raw, error = refused.pop(0)
        found = Invalid(place, document(raw))
        taken.add(place)
        warnings.append(f"{place}: {error}; {column.name} is null until a newer value")
    warnings += [f"{place}: {error}; kept as it came" for place, _, error in refused]
    return found
