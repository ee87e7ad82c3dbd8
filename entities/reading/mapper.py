"""Maps an event's bytes to what it says about which records. Pure: no database, no clock, no settings.

Each step returns a `Reading`: the writes, the payload's keys that they contain in full, and the warnings. The
values that no step consumed go to the record's `extra`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.utc import format_utc
from entities.merge.clock import Rank, format_clock
from entities.merge.extra_bounds import bound_key
from entities.merge.registers import ADDITION, EXISTS, EXTRA
from entities.reading.bounded_statements import bound_statements
from entities.reading.column_values import is_null, payload_values, read_column
from entities.reading.converters import to_identifier, to_text
from entities.reading.envelope import Envelope, read_envelope
from entities.reading.mapped_event import MappedEvent, RecordKey, Statement, Unmappable
from entities.reading.payload_reading import Copy, Reading
from entities.reading.plan import EntityPlan, ReferencePlan, entity_plans
from entities.reading.reference_values import embedded_objects, raw_id, read_reference_id
from entities.reading.texts import is_blank
from entities.reading.unconvertible import Unconvertible
from entities.stored_events import StoredEvent
from entities.vendor_language import EVENT_TIME, EventType
from entities.vendors import get_vendor


@dataclass(frozen=True, slots=True)
class Context:
    """The vendor's plans, by model name, and the scope: the same for all payloads of one event."""

    plans: Mapping[str, EntityPlan]
    scope: str


def map_event(event: StoredEvent) -> MappedEvent:
    """Read one event. Raises Malformed, Unmappable, UnusableVendor."""
    vendor = get_vendor(event.vendor)
    envelope = read_envelope(event.body, vendor, event.received_at)
    event_type = vendor.events.get(envelope.event_type)
    plans = entity_plans(vendor.name, event.time_zone)
    scope_plan = plans[vendor.scope.model] if vendor.scope else None
    if event_type is None:
        scope = (scope_plan and _identifier_or_none(scope_plan, envelope.payload)) or ""
        return MappedEvent(event, envelope, False, (), envelope.warnings, scope)
    scope, scope_reading = _read_scope(scope_plan, envelope.payload) if scope_plan else ("", Reading())
    try:
        key, own = _read_own_record(Context(plans, scope), event, envelope, event_type)
    except Unmappable as error:
        error.scope = scope
        raise
    statements, long_values = bound_statements(
        _make_statements(event, envelope, event_type.rank, key, own, scope_reading.copies)
    )
    warnings = (*envelope.warnings, *scope_reading.warnings, *own.warnings, *long_values)
    return MappedEvent(event, envelope, True, statements, warnings, scope)


def _read_scope(plan: EntityPlan, payload: dict[str, Any]) -> tuple[str, Reading]:
    """Return the id of the sub-account that scopes every record of the event, and copies of its columns."""
    scope = _read_id(plan, payload) or ""
    columns = _read_columns(plan, payload, Rank.COPY)
    reading = Reading(warnings=columns.warnings)
    if scope and columns.writes:
        reading.copies.append(Copy(RecordKey(plan.entity.model, "", scope), columns.writes))
    return scope, reading


def _read_own_record(
    context: Context, event: StoredEvent, envelope: Envelope, event_type: EventType
) -> tuple[RecordKey, Reading]:
    """Read the record that the event is about. Raises Unmappable if the payload names none."""
    plan = context.plans[event_type.entity.model]
    external_id = _read_id(plan, envelope.payload)
    if external_id is None and plan.entity.identified_by_digest:
        external_id = event.digest
    if external_id is None:
        raise Unmappable(f"the payload carries no id (looked for {', '.join(plan.entity.id)})")
    reading = _read_record(context, plan, envelope.payload, event_type.rank)
    for column, value in event_type.implied.items():
        if reading.writes.get(column) is None:
            reading.writes[column] = format_utc(envelope.occurred_at) if value is EVENT_TIME else value
    # A deletion is a tombstone: the record stays, and this register says that it does not exist.
    reading.writes[EXISTS] = event_type.rank is not Rank.DELETED
    return RecordKey(plan.entity.model, context.scope, external_id), reading


def _read_record(context: Context, plan: EntityPlan, payload: dict[str, Any], rank: Rank) -> Reading:
    """Read everything that a payload says about its record, and about those that it refers to."""
    reading = _read_columns(plan, payload, rank)
    for reference in plan.references:
        reading.add(_read_reference(context, reference, payload, rank))
    for key, column in plan.entity.additions.items():
        reading.add(_read_addition(column, key, payload))
    reading.writes.update(_read_extra(plan, payload, reading.consumed, rank))
    return reading


def _read_columns(plan: EntityPlan, payload: dict[str, Any], rank: Rank) -> Reading:
    reading = Reading()
    keys = payload.keys()
    for column in plan.columns:
        if not column.keys.isdisjoint(keys):
            values = payload_values(column, payload, plan)
            reading.add_column(column.name, read_column(column, values), rank)
    return reading


def _read_reference(
    context: Context, reference: ReferencePlan, payload: dict[str, Any], rank: Rank
) -> Reading:
    """Read a reference, and copies of the other record's columns, embedded or next to the reference."""
    reading = Reading()
    referred: RecordKey | None = None
    values = {key: payload[key] for key in reference.keys if key in payload}
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
    for key, payload in embedded.items():
        own_key = referred._replace(external_id=_identifier_or_none(target, payload) or referred.external_id)
        record = _read_record(context, target, payload, Rank.COPY)
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
    extra: dict[str, Any] = {}
    for key, value in payload.items():
        if key in plan.never_extra or key in consumed:
            continue
        if isinstance(value, dict) and key in plan.partly_read:
            parts = {f"{key}.{part}": inner for part, inner in value.items()}
            extra.update(
                {EXTRA + bound_key(place): inner for place, inner in parts.items() if place not in consumed}
            )
        else:
            extra[EXTRA + bound_key(key)] = value
    if rank is Rank.COPY:
        return {name: value for name, value in extra.items() if value is not None}
    return extra


def _read_id(plan: EntityPlan, payload: dict[str, Any]) -> str | None:
    """Return the record's id in its own payload. Raises Unmappable if the value there cannot be an id."""
    raw = raw_id(plan, payload)
    try:
        return None if raw is None else to_identifier(raw)
    except Unconvertible as error:
        raise Unmappable(f"{' or '.join(plan.entity.id)}: {error}") from None


def _identifier_or_none(plan: EntityPlan, payload: dict[str, Any]) -> str | None:
    raw = raw_id(plan, payload)
    try:
        return None if raw is None else to_identifier(raw)
    except Unconvertible:
        return None


def _make_statements(
    event: StoredEvent,
    envelope: Envelope,
    rank: Rank,
    key: RecordKey,
    own: Reading,
    scope_copies: Iterable[Copy],
) -> Iterator[Statement]:
    """Yield the statements about each record; no bare reference to one that the event describes as well."""
    writes: dict[tuple[RecordKey, Rank], dict[str, Any]] = {}
    _add_copies(writes, scope_copies)
    writes.setdefault((key, rank), {}).update(own.writes)
    _add_copies(writes, own.copies)
    described = {key for (key, _), registers in writes.items() if registers}
    for (key, rank), registers in writes.items():
        if registers or key not in described:
            yield Statement(key, format_clock(envelope.occurred_at, rank, event.digest), registers)


def _add_copies(writes: dict[tuple[RecordKey, Rank], dict[str, Any]], copies: Iterable[Copy]) -> None:
    for copy in copies:
        collected = writes.setdefault((copy.key, Rank.COPY), {})
        if copy.yields:
            collected |= copy.writes | collected
        else:
            collected.update(copy.writes)
