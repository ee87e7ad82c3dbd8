"""Maps an event's bytes to what it says about which records. Pure: no database, no clock, no settings.

Each step returns what it read (`Reading`): the writes, the payload's keys that they say in full, and the
warnings. What no step consumed goes to the record's `extra`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crmmirror.lib.utc import format_utc
from entities.merge.clock import Rank, format_clock
from entities.merge.registers import ADDITION, EXISTS, EXTRA, Invalid
from entities.reading.column_values import ABSENT, ColumnReading, payload_values, read_column
from entities.reading.converters import Unconvertible, to_document, to_identifier, to_text
from entities.reading.envelope import Envelope, read_envelope
from entities.reading.plan import EntityPlan, ReferencePlan, entity_plans
from entities.stored_events import StoredEvent
from entities.vendor_language import EVENT_TIME, EventType
from entities.vendors import get_vendor


class Unmappable(ValueError):
    """An authentic event of a known type that names no record; the message says what is missing."""


class RecordKey(NamedTuple):
    """Which record of a source: the model's name, the sub-account's id or empty, the vendor's id."""

    model: str
    scope: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What one event says about one record.

    writes: register name -> JSON value or Invalid; the other record's external id for a reference;
        empty if the event only refers to the record.
    """

    key: RecordKey
    clock: str
    writes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """An event that was read. known: whether the vendor's module knows its type."""

    event: StoredEvent
    envelope: Envelope
    known: bool
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What all payloads of one event are read by: the vendor's plans, by model, and the scope."""

    plans: Mapping[str, EntityPlan]
    scope: str


class Copy(NamedTuple):
    """What a payload says about another record than its own.

    yields: whether it counts only for registers that no other copy in the event has written.
    """

    key: RecordKey
    writes: dict[str, Any]
    yields: bool = False


@dataclass(slots=True)
class Reading:
    """What was read off a payload, or off a part of it.

    writes: register name -> value, of the payload's own record. copies: of other records, in order.
    consumed: the places (`key`, or `key.part`) whose values the writes and copies say in full.
    """

    writes: dict[str, Any] = field(default_factory=dict)
    copies: list[Copy] = field(default_factory=list)
    consumed: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Reading") -> None:
        """Take over what another part said; its writes win."""
        self.writes.update(other.writes)
        self.copies += other.copies
        self.consumed |= other.consumed
        self.warnings += other.warnings

    def add_column(self, name: str, column: ColumnReading, rank: Rank) -> None:
        """Take over a column. In a copy, null says nothing."""
        self.consumed.update(column.consumed)
        self.warnings += column.warnings
        if column.value is not ABSENT and (column.value is not None or rank is not Rank.COPY):
            self.writes[name] = column.value


def map_event(event: StoredEvent) -> MappedEvent:
    """Read one event. Raises Malformed, Unmappable, UnknownVendor."""
    vendor = get_vendor(event.vendor)
    envelope = read_envelope(event.body, vendor, event.received_at)
    event_type = vendor.events.get(envelope.event_type)
    if event_type is None:
        return MappedEvent(event, envelope, False, (), envelope.warnings)
    plans = entity_plans(vendor.name)
    scope, scope_reading = "", Reading()
    if vendor.scope is not None:
        scope, scope_reading = _read_scope(plans[vendor.scope.model], envelope.payload)
    key, own = _read_own_record(Context(plans, scope), event, envelope, event_type)
    statements = _make_statements(event, envelope, event_type.rank, key, own, scope_reading.copies)
    warnings = (*envelope.warnings, *scope_reading.warnings, *own.warnings)
    return MappedEvent(event, envelope, True, tuple(statements), warnings)


def _read_scope(plan: EntityPlan, payload: dict[str, Any]) -> tuple[str, Reading]:
    """Return the id of the sub-account that scopes every record of the event; what is said of it is a copy."""
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
    """Read a reference, and copies of what stands in it and beside it about the other record."""
    reading = Reading()
    referred: RecordKey | None = None
    held = {key: payload[key] for key in reference.keys if key in payload}
    if held:
        column = _read_reference_id(context, reference, held)
        reading.add_column(reference.name, column, rank)
        if isinstance(column.value, str):
            referred = RecordKey(reference.model, context.scope, column.value)
            reading.copies.append(Copy(referred, {}))
            objects = _find_objects(held)
            reading.consumed -= reference.link_keys & objects.keys()
            copies = {key: one for key, one in objects.items() if key not in reference.link_keys}
            reading.add(_read_embedded(context, copies, referred))
    reading.add(_read_beside(reference, payload, referred))
    return reading


def _read_reference_id(context: Context, reference: ReferencePlan, held: dict[str, Any]) -> ColumnReading:
    """Read the id of the record referred to; what is not an id holds all that stood there."""
    target = context.plans.get(reference.model)
    ids = {key: _find_id(target, value) for key, value in held.items()}
    column = read_column(reference.column, _prefer_ids(ids))
    if isinstance(column.value, Invalid):
        key = column.value.key
        return column._replace(value=Invalid(key, to_document(held[key])))
    return column


def _find_id(target: EntityPlan | None, held: Any) -> Any:
    """Return the id in what stands under a reference's key: an id, an embedded record, or a list of one."""
    one = _unwrap_single(held)
    if target is None or not isinstance(one, dict):
        return one
    inner = _raw_id(target, one)
    return one if inner is None else inner


def _prefer_ids(ids: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the places that say which record is referred to: no object if there is an id beside it."""
    has_id = any(id is not None and not isinstance(id, dict) for id in ids.values())
    return ((key, id) for key, id in ids.items() if not (has_id and isinstance(id, dict)))


def _unwrap_single(held: Any) -> Any:
    """Return what is in a list of one; null for an empty list; anything else as it is."""
    if isinstance(held, list) and len(held) < 2:
        return held[0] if held else None
    return held


def _find_objects(held: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the object under each key that has one."""
    unwrapped = ((key, _unwrap_single(value)) for key, value in held.items())
    return {key: one for key, one in unwrapped if isinstance(one, dict)}


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


def _read_beside(reference: ReferencePlan, payload: dict[str, Any], referred: RecordKey | None) -> Reading:
    """Read copies of the referred record's columns that stand beside the reference (`leadName`).

    Null says nothing. Without a referred record the values stay for `extra`.
    """
    reading = Reading()
    if reference.copies.keys().isdisjoint(payload):
        return reading
    for key, column in reference.copies.items():
        if key not in payload:
            continue
        if payload[key] is None:
            reading.consumed.add(key)
        elif referred is not None:
            value = read_column(column, [(key, payload[key])])
            reading.consumed.update(value.consumed)
            reading.warnings += value.warnings
            reading.copies.append(Copy(referred, {column.name: value.value}, yields=True))
    return reading


def _read_addition(column: str, key: str, payload: dict[str, Any]) -> Reading:
    raw = payload.get(key)
    if raw is None:
        return Reading()
    try:
        return Reading(writes={f"{column}{ADDITION}{to_text(raw)}": True})
    except Unconvertible as error:
        warning = f"{key}: {error}; nothing is added to {column}"
        return Reading(writes={EXTRA + key: to_document(raw)}, warnings=[warning])


def _read_extra(plan: EntityPlan, payload: dict[str, Any], consumed: set[str], rank: Rank) -> dict[str, Any]:
    """Return one register for each key that was not consumed, and for each part of an object read in part."""
    found: dict[str, Any] = {}
    for key, value in payload.items():
        if key in plan.never_extra or key in consumed:
            continue
        if isinstance(value, dict) and key in plan.partly_read:
            parts = {f"{key}.{part}": held for part, held in value.items()}
            found.update(
                {EXTRA + place: to_document(held) for place, held in parts.items() if place not in consumed}
            )
        else:
            found[EXTRA + key] = to_document(value)
    if rank is Rank.COPY:
        return {name: value for name, value in found.items() if value is not None}
    return found


def _read_id(plan: EntityPlan, payload: dict[str, Any]) -> str | None:
    """Return the record's id in its own payload. Raises Unmappable if what stands there cannot be one."""
    raw = _raw_id(plan, payload)
    try:
        return None if raw is None else to_identifier(raw)
    except Unconvertible as error:
        raise Unmappable(f"{' or '.join(plan.entity.id)}: {error}") from None


def _identifier_or_none(plan: EntityPlan, payload: dict[str, Any]) -> str | None:
    raw = _raw_id(plan, payload)
    try:
        return None if raw is None else to_identifier(raw)
    except Unconvertible:
        return None


def _raw_id(plan: EntityPlan, payload: dict[str, Any]) -> Any:
    return next((payload[key] for key in plan.entity.id if payload.get(key) is not None), None)


def _make_statements(
    event: StoredEvent,
    envelope: Envelope,
    rank: Rank,
    key: RecordKey,
    own: Reading,
    scope_copies: Iterable[Copy],
) -> Iterator[Statement]:
    """Yield each record's statements; a bare reference is none if the event says more of the record."""
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
        held = writes.setdefault((copy.key, Rank.COPY), {})
        if copy.yields:
            held |= copy.writes | held
        else:
            held.update(copy.writes)
