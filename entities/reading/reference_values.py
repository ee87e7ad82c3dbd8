"""Finds ids and embedded records in the values under a reference's keys. Pure.

Vendors send a reference as an id (`clientId`), as an embedded record (`client`), or as a list of one of them.
"""

from collections.abc import Iterator
from typing import Any

from entities.merge.registers import Invalid
from entities.reading.column_values import ColumnReading, read_column
from entities.reading.converters import to_document
from entities.reading.paths import ABSENT, follow
from entities.reading.plans.entity_plans import EntityPlan, ReferencePlan
from entities.reading.texts import is_blank


def raw_id(plan: EntityPlan, payload: dict[str, Any], root: Any = ABSENT) -> Any:
    """Return the value at the first path of the record's id that is neither null nor blank, or None.

    root: of the body; absent in a copy, whose id is its own.
    """
    for path in plan.id:
        value = follow(payload, path, root)
        if value is not ABSENT and not is_blank(value):
            return value
    return None


def read_reference_id(
    target: EntityPlan | None, reference: ReferencePlan, values: dict[str, Any]
) -> ColumnReading:
    """Read the id of the record referred to. If it is not an id, the Invalid has the whole value.

    target: the plan of the records referred to; None if the vendor sends no such records.
    values: by the place at which they stand.
    """
    ids = {key: _find_id(target, value) for key, value in values.items()}
    column = read_column(reference.column, _prefer_ids(ids))
    if isinstance(column.value, Invalid):
        key = column.value.key
        return column._replace(value=Invalid(key, to_document(values[key])))
    return column


def embedded_objects(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the object at each place that has one, alone or in a list of one."""
    unwrapped = ((key, _unwrap_single(value)) for key, value in values.items())
    return {key: value for key, value in unwrapped if isinstance(value, dict)}


def _find_id(target: EntityPlan | None, value: Any) -> Any:
    """Return the id of an embedded record; a value that is not one, or has no id, as it is."""
    single = _unwrap_single(value)
    if target is None or not isinstance(single, dict):
        return single
    id = raw_id(target, single)
    return single if id is None else id


def _prefer_ids(ids: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (key, id); leave out objects without an id if another key has an id."""
    has_id = any(not is_blank(id) and not isinstance(id, dict) for id in ids.values())
    return ((key, id) for key, id in ids.items() if not (has_id and isinstance(id, dict)))


def _unwrap_single(value: Any) -> Any:
    """Return the one item of a list; None for an empty list; anything else as it is."""
    if isinstance(value, list) and len(value) < 2:
        return value[0] if value else None
    return value
