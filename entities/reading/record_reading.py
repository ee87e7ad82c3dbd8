"""Reads what a payload says of its record, and of the records that it refers to. Pure.

Each step returns a `Reading`: the writes, the places of the payload that they contain in full, and the
warnings. The values that no step consumed go to the record's `extra`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from entities.merge.clock import Rank
from entities.merge.extra_bounds import bound_key
from entities.merge.registers import ADDITION, EXTRA
from entities.reading.column_values import convert, is_null, payload_values, read_column
from entities.reading.converters import to_identifier, to_text
from entities.reading.mapped_event import RecordKey, Unmappable
from entities.reading.paths import ABSENT, follow
from entities.reading.payload_reading import Copy, Reading
from entities.reading.plans.entity_plans import ColumnPlan, EntityPlan, ReferencePlan
from entities.reading.reference_values import embedded_objects, raw_id, read_reference_id
from entities.reading.texts import is_blank
from entities.reading.unconvertible import Unconvertible


class Context(NamedTuple):
    """The vendor's plans, by model name, and the scope: the same for all payloads of one event.

    root: the whole body; absent for an embedded record, whose paths do not leave it.
    """

    plans: Mapping[str, EntityPlan]
    scope: str
    root: Any = ABSENT


def read_record(context: Context, plan: EntityPlan, payload: dict[str, Any], rank: Rank) -> Reading:
    """Read everything that a payload says about its record, and about those that it refers to."""
    reading = read_columns(plan, payload, rank, context.root)
    for reference in plan.references_in(payload):
        reading.add(_read_reference(context, reference, payload, rank))
    for key, column in plan.entity.additions.items():
        reading.add(_read_addition(column, key, payload))
    reading.writes.update(_read_extra(plan, payload, reading.consumed, rank))
    return reading


def read_columns(plan: EntityPlan, payload: dict[str, Any], rank: Rank, root: Any) -> Reading:
    """Read the columns that are no references. root: of the body."""
    reading = Reading()
    for column, only_key in plan.columns_in(payload):
        # Speed: of nearly every column there is one value, which converts: nothing is weighed or collected.
        if only_key is None or not _add_only_value(reading, column, only_key, payload[only_key], rank):
            values = payload_values(column, payload, plan, root)
            reading.add_column(column.name, read_column(column, values), rank)
    return reading


def _add_only_value(reading: Reading, column: ColumnPlan, place: str, raw: Any, rank: Rank) -> bool:
    """Add a column that has one value, as `add_column` does; return False if it does not convert."""
    try:
        value = None if is_null(column, raw) else convert(column, raw)
    except Unconvertible:
        return False
    reading.consumed.add(place)
    if value is not None or rank is not Rank.COPY:
        reading.writes[column.name] = value
    return True


def _read_reference(
    context: Context, reference: ReferencePlan, payload: dict[str, Any], rank: Rank
) -> Reading:
    """Read a reference, and copies of the other record's columns, embedded or next to the reference."""
    reading = Reading()
    referred: RecordKey | None = None
    found = ((path.place, follow(payload, path, context.root)) for path in reference.paths)
    values = {place: value for place, value in found if value is not ABSENT}
    if values:
        column = read_reference_id(context.plans.get(reference.model), reference, values)
        reading.add_column(reference.name, column, rank)
        if isinstance(column.value, str):
            referred = RecordKey(reference.model, context.scope, column.value)
            reading.copies.append(Copy(referred, {}))
            objects = embedded_objects(values)
            reading.consumed -= reference.link_keys & objects.keys()
            copies = {key: value for key, value in objects.items() if key not in reference.link_keys}
            reading.add(_read_embedded(context, copies, referred))
    reading.add(_read_scalar_copies(reference, payload, referred))
    return reading


def _read_embedded(context: Context, embedded: dict[str, dict[str, Any]], referred: RecordKey) -> Reading:
    """Read the records that are embedded under these keys; one without an id is the referred one."""
    reading = Reading()
    target = context.plans.get(referred.model)
    if target is None:
        return reading
    inner = Context(context.plans, context.scope)
    for key, payload in embedded.items():
        own_key = referred._replace(external_id=find_id(target, payload) or referred.external_id)
        record = read_record(inner, target, payload, Rank.COPY)
        reading.copies += [Copy(own_key, record.writes), *record.copies]
        reading.warnings += record.warnings
        reading.consumed.add(key)
    return reading


def _read_scalar_copies(
    reference: ReferencePlan, payload: dict[str, Any], referred: RecordKey | None
) -> Reading:
    """Read copies of single columns of the referred record, such as `leadName` next to `leadId`.

    Null and blank say nothing. If there is no referred record, the values are left for `extra`.
    """
    reading = Reading()
    if reference.copies.keys().isdisjoint(payload):
        return reading
    for key, column in reference.copies.items():
        if key not in payload:
            continue
        if is_null(column, payload[key]):
            reading.consumed.add(key)
        elif referred is not None:
            value = read_column(column, [(key, payload[key])])
            reading.consumed.update(value.consumed)
            reading.warnings += value.warnings
            reading.copies.append(Copy(referred, {column.name: value.value}, yields=True))
    return reading


def _read_addition(column: str, key: str, payload: dict[str, Any]) -> Reading:
    raw = payload.get(key)
    if is_blank(raw):
        return Reading()
    try:
        return Reading(writes={f"{column}{ADDITION}{to_text(raw)}": True})
    except Unconvertible as error:
        warning = f"{key}: {error}; nothing is added to {column}"
        return Reading(writes={EXTRA + key: raw}, warnings=[warning])


def _read_extra(plan: EntityPlan, payload: dict[str, Any], consumed: set[str], rank: Rank) -> dict[str, Any]:
    """Return one register for each key that was not consumed, and for each part of an object read in part."""
    return {
        EXTRA + bound_key(place): value
        for place, value in _list_left_over(plan, payload, consumed)
        if value is not None or rank is not Rank.COPY
    }


def _list_left_over(
    plan: EntityPlan, content: dict[str, Any], consumed: set[str], outer: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of what no column or reference has taken.

    outer: the place of the object, with a dot behind it.
    """
    for key, value in content.items():
        place = outer + key
        if place in plan.never_extra or place in consumed:
            continue
        if isinstance(value, dict) and place in plan.partly_read:
            yield from _list_left_over(plan, value, consumed, f"{place}.")
        else:
            yield place, value


def read_id(plan: EntityPlan, payload: dict[str, Any], root: Any) -> str | None:
    """Return the record's id in its own payload. Raises Unmappable if the value there cannot be an id."""
    raw = raw_id(plan, payload, root)
    return None if raw is None else convert_id(plan, raw)


def convert_id(plan: EntityPlan, raw: Any) -> str:
    """Return a value as the id of a record. Raises Unmappable."""
    try:
        return to_identifier(raw)
    except Unconvertible as error:
        raise Unmappable(f"{' or '.join(list_id_places(plan))}: {error}") from None


def list_id_places(plan: EntityPlan) -> list[str]:
    """Return where the id of such a record is looked for."""
    return [path.place for path in plan.id]


def find_id(plan: EntityPlan, payload: dict[str, Any], root: Any = ABSENT) -> str | None:
    """Return the record's id in its own payload; None if there is none, or no value that can be one."""
    raw = raw_id(plan, payload, root)
    try:
        return None if raw is None else to_identifier(raw)
    except Unconvertible:
        return None
