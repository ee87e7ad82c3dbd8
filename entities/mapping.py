"""From an event's bytes to what it says about which records. Pure: no database, no clock, no settings."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from entities import vendors
from entities.converters import Unconvertible, document, identifier, iso, text
from entities.envelope import Envelope, read
from entities.log import StoredEvent
from entities.plan import Column, Plan, Reference, plans
from entities.registers import ADDITION, EXISTS, EXTRA, Invalid, clock
from entities.vendor import EVENT_TIME, EventType, Rank

ABSENT: Final = object()


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
        empty where the event only refers to the record.
    """

    key: RecordKey
    clock: str
    writes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mapped:
    """An event read: its type is unknown to the mapping where `known` is false."""

    event: StoredEvent
    known: bool
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...]


@dataclass
class Reading:
    """The work on one event, gathered as its payload is walked."""

    event: StoredEvent
    envelope: Envelope
    plans: dict[str, Plan]
    scope: str
    writes: dict[tuple[RecordKey, Rank], dict[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def said(self, key: RecordKey, rank: Rank) -> dict[str, Any]:
        """What the event says of the record at this rank, to be added to."""
        return self.writes.setdefault((key, rank), {})


def map_event(event: StoredEvent) -> Mapped:
    """Reads one event. Raises Malformed, Unmappable, UnknownVendor."""
    vendor = vendors.get(event.vendor)
    envelope = read(event.body, vendor, event.received_at)
    event_type = vendor.events.get(envelope.event_type)
    if event_type is None:
        return Mapped(event, False, (), envelope.warnings)
    vendor_plans = plans(vendor.name)
    reading = Reading(event, envelope, vendor_plans, "", warnings=list(envelope.warnings))
    if vendor.scope is not None:
        _read_scope(reading, vendor_plans[vendor.scope.model])
    _read_own_record(reading, event_type)
    return Mapped(event, True, tuple(_statements(reading)), tuple(reading.warnings))


def _read_scope(reading: Reading, plan: Plan) -> None:
    """The sub-account that scopes every record of the event; facts about it are copies."""
    payload = reading.envelope.payload
    reading.scope = _id(plan, payload) or ""
    facts = _columns(reading, plan, payload, Rank.COPY)
    if reading.scope and facts:
        reading.said(RecordKey(plan.entity.model, "", reading.scope), Rank.COPY).update(facts)


def _read_own_record(reading: Reading, event_type: EventType) -> None:
    plan = reading.plans[event_type.entity.model]
    payload = reading.envelope.payload
    external_id = _id(plan, payload) or (reading.event.digest if plan.entity.digest_id else None)
    if external_id is None:
        raise Unmappable(f"the payload carries no id (looked for {', '.join(plan.entity.id)})")
    key = RecordKey(plan.entity.model, reading.scope, external_id)
    said = _read_record(reading, plan, payload, key, event_type.rank)
    for column, value in event_type.says.items():
        if said.get(column) is None:
            said[column] = iso(reading.envelope.occurred_at) if value is EVENT_TIME else value
    said[EXISTS] = event_type.rank is not Rank.DELETED


def _read_record(
    reading: Reading, plan: Plan, payload: dict[str, Any], key: RecordKey, rank: Rank
) -> dict[str, Any]:
    """Everything that `payload` says about the record `key`, and about those that it refers to."""
    said = reading.said(key, rank)
    said.update(_columns(reading, plan, payload, rank))
    copied: set[str] = set()
    for reference in plan.references:
        copied |= _read_reference(reading, reference, payload, said, rank)
    for name, column in plan.entity.adds.items():
        said.update(_addition(reading, column, name, payload))
    said.update(_extra(plan, payload, copied, rank))
    return said


def _columns(reading: Reading, plan: Plan, payload: dict[str, Any], rank: Rank) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in plan.columns:
        value = _value(reading, column, _candidates(column, payload, plan))
        if value is not ABSENT and (value is not None or rank is not Rank.COPY):
            found[column.name] = value
    return found


def _candidates(column: Column, payload: dict[str, Any], plan: Plan) -> Iterator[tuple[str, Any]]:
    """What the payload holds in the column's places. An object that is read in part is no value."""
    for key, part in column.paths:
        if key not in payload:
            continue
        value = payload[key]
        is_object = isinstance(value, dict)
        if part is not None:
            if is_object and part in value:
                yield f"{key}.{part}", value[part]
        elif not (is_object and key in plan.parts):
            yield key, value


def _value(reading: Reading, column: Column, candidates: Iterator[tuple[str, Any]]) -> Any:
    """The first that converts; else the first that does not, as Invalid; else null; else ABSENT."""
    found: Any = ABSENT
    for key, raw in candidates:
        if raw is None:
            found = None if found is ABSENT else found
            continue
        try:
            value = column.convert(raw)
        except Unconvertible as error:
            if not isinstance(found, Invalid):
                found = Invalid(key, document(raw))
                reading.warnings.append(f"{key}: {error}; {column.name} is null until a newer value")
            continue
        return column.words.get(value, value) if column.words else value
    return found


def _read_reference(
    reading: Reading, reference: Reference, payload: dict[str, Any], said: dict[str, Any], rank: Rank
) -> set[str]:
    """Writes the reference and the copies of the record referred to; the keys that those took."""
    embedded = _embedded(reference, payload)
    target = reading.plans.get(reference.model)
    inner_id = _raw_id(target, embedded) if target is not None and embedded is not None else None
    candidates = _reference_candidates(reference, payload, inner_id)
    column = Column(reference.name, (), identifier, {})
    external_id = _value(reading, column, candidates)
    if external_id is not ABSENT and (external_id is not None or rank is not Rank.COPY):
        said[reference.name] = external_id
    if not isinstance(external_id, str):
        return set()
    key = RecordKey(reference.model, reading.scope, external_id)
    copy = reading.said(key, Rank.COPY)
    if target is not None and embedded is not None:
        own_key = key._replace(external_id=_readable(inner_id) or external_id)
        _read_record(reading, target, embedded, own_key, Rank.COPY)
    return _read_beside(reading, reference, payload, copy)


def _reference_candidates(
    reference: Reference, payload: dict[str, Any], inner_id: Any
) -> Iterator[tuple[str, Any]]:
    """The reference's own keys first, then the id inside the embedded record, if there is one."""
    for key in reference.id_keys:
        if key in payload:
            yield key, payload[key]
    for key in reference.embedded_keys:
        if key in payload:
            yield key, payload[key] if inner_id is None else inner_id


def _embedded(reference: Reference, payload: dict[str, Any]) -> dict[str, Any] | None:
    """The object that is embedded under one of the reference's keys, alone or as a list of one."""
    for key in reference.embedded_keys:
        held = payload.get(key)
        if isinstance(held, list) and len(held) == 1:
            held = held[0]
        if isinstance(held, dict):
            return held
    return None


def _read_beside(
    reading: Reading, reference: Reference, payload: dict[str, Any], copy: dict[str, Any]
) -> set[str]:
    taken = set()
    for key, column in reference.beside.items():
        if key in payload:
            taken.add(key)
            value = _value(reading, column, iter([(key, payload[key])]))
            if value is not None:
                copy.setdefault(column.name, value)
    return taken


def _addition(reading: Reading, column: str, key: str, payload: dict[str, Any]) -> dict[str, Any]:
    raw = payload.get(key)
    if raw is None:
        return {}
    try:
        return {f"{column}{ADDITION}{text(raw)}": True}
    except Unconvertible as error:
        reading.warnings.append(f"{key}: {error}; nothing is added to {column}")
        return {EXTRA + key: document(raw)}


def _extra(plan: Plan, payload: dict[str, Any], copied: set[str], rank: Rank) -> dict[str, Any]:
    """One register for each key that nothing else took, and for each unread part of an object."""
    found: dict[str, Any] = {}
    for key, value in payload.items():
        if key not in plan.named:
            if key not in copied:
                found[EXTRA + key] = document(value)
        elif isinstance(value, dict) and key in plan.parts:
            parts = plan.parts[key]
            found.update(
                {f"{EXTRA}{key}.{part}": document(v) for part, v in value.items() if part not in parts}
            )
    if rank is Rank.COPY:
        return {name: value for name, value in found.items() if value is not None}
    return found


def _id(plan: Plan, payload: dict[str, Any]) -> str | None:
    """The record's id in its own payload. Raises Unmappable where what stands there can be none."""
    raw = _raw_id(plan, payload)
    try:
        return None if raw is None else identifier(raw)
    except Unconvertible as error:
        raise Unmappable(f"{' or '.join(plan.entity.id)}: {error}") from None


def _raw_id(plan: Plan, payload: dict[str, Any]) -> Any:
    return next((payload[key] for key in plan.entity.id if payload.get(key) is not None), None)


def _readable(raw_id: Any) -> str | None:
    try:
        return None if raw_id is None else identifier(raw_id)
    except Unconvertible:
        return None


def _statements(reading: Reading) -> Iterator[Statement]:
    """Each record's statements; a bare reference is none where the event says more of the record."""
    told = {key for (key, _), writes in reading.writes.items() if writes}
    occurred_at, digest = reading.envelope.occurred_at, reading.event.digest
    for (key, rank), writes in reading.writes.items():
        if writes or key not in told:
            yield Statement(key, clock(occurred_at, rank, digest), writes)
