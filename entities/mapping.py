"""From an event's bytes to what it says about which records. Pure: no database, no clock, no settings."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from entities import vendors
from entities.converters import Unconvertible, document, identifier, iso, text
from entities.envelope import Envelope, read
from entities.log import StoredEvent
from entities.plan import Plan, Reference, plans
from entities.registers import ADDITION, EXISTS, EXTRA, Invalid, clock
from entities.values import ABSENT, places, read_value
from entities.vendor import EVENT_TIME, EventType, Rank


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
    envelope: Envelope
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
        return Mapped(event, envelope, False, (), envelope.warnings)
    vendor_plans = plans(vendor.name)
    reading = Reading(event, envelope, vendor_plans, "", warnings=list(envelope.warnings))
    if vendor.scope is not None:
        _read_scope(reading, vendor_plans[vendor.scope.model])
    _read_own_record(reading, event_type)
    return Mapped(event, envelope, True, tuple(_statements(reading)), tuple(reading.warnings))


def _read_scope(reading: Reading, plan: Plan) -> None:
    """The sub-account that scopes every record of the event; facts about it are copies."""
    payload = reading.envelope.payload
    reading.scope = _id(plan, payload) or ""
    facts = _columns(reading, plan, payload, Rank.COPY, set())
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
    taken: set[str] = set()
    said.update(_columns(reading, plan, payload, rank, taken))
    for reference in plan.references:
        _read_reference(reading, reference, payload, said, rank, taken)
    for name, column in plan.entity.adds.items():
        said.update(_addition(reading, column, name, payload))
    said.update(_extra(plan, payload, taken, rank))
    return said


def _columns(
    reading: Reading, plan: Plan, payload: dict[str, Any], rank: Rank, taken: set[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    keys = payload.keys()
    for column in plan.columns:
        if column.keys.isdisjoint(keys):
            continue
        value = read_value(column, places(column, payload, plan), taken, reading.warnings)
        if value is not ABSENT and (value is not None or rank is not Rank.COPY):
            found[column.name] = value
    return found


def _read_reference(
    reading: Reading,
    reference: Reference,
    payload: dict[str, Any],
    said: dict[str, Any],
    rank: Rank,
    taken: set[str],
) -> None:
    """Writes the reference, and copies of what stands in it and beside it about the other record."""
    held = {key: payload[key] for key in reference.keys if key in payload}
    external_id = _external_id(reading, reference, held, taken) if held else ABSENT
    if external_id is not ABSENT and (external_id is not None or rank is not Rank.COPY):
        said[reference.name] = external_id
    referred = None
    if isinstance(external_id, str):
        referred = RecordKey(reference.model, reading.scope, external_id)
        reading.said(referred, Rank.COPY)
        objects = _objects(held)
        taken.difference_update(reference.links & objects.keys())
        copies = {key: one for key, one in objects.items() if key not in reference.links}
        taken.update(_read_embedded(reading, copies, referred))
    _read_beside(reading, reference, payload, referred, taken)


def _external_id(reading: Reading, reference: Reference, held: dict[str, Any], taken: set[str]) -> Any:
    """The id of the record referred to, as `read_value` gives it; what is none holds all that stood there."""
    target = reading.plans.get(reference.model)
    told = _identified({key: _referred_id(target, value) for key, value in held.items()})
    found = read_value(reference.column, told, taken, reading.warnings)
    return Invalid(found.key, document(held[found.key])) if isinstance(found, Invalid) else found


def _referred_id(target: Plan | None, held: Any) -> Any:
    """The id in what stands under a reference's key: an id, an embedded record, or a list of one such."""
    one = _alone(held)
    if target is None or not isinstance(one, dict):
        return one
    inner = _raw_id(target, one)
    return one if inner is None else inner


def _identified(ids: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The places that say which record is referred to: not an object, where there is an id beside it."""
    is_said = any(id is not None and not isinstance(id, dict) for id in ids.values())
    return ((key, id) for key, id in ids.items() if not (is_said and isinstance(id, dict)))


def _alone(held: Any) -> Any:
    """What is in a list of one; null for an empty list; anything else as it is."""
    if isinstance(held, list) and len(held) < 2:
        return held[0] if held else None
    return held


def _objects(held: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The object under each key, where there is one."""
    alone = ((key, _alone(value)) for key, value in held.items())
    return {key: one for key, one in alone if isinstance(one, dict)}


def _read_embedded(
    reading: Reading, embedded: dict[str, dict[str, Any]], referred: RecordKey
) -> Iterator[str]:
    """Copies of the records that are embedded under these keys; one without an id is the referred one."""
    target = reading.plans.get(referred.model)
    if target is None:
        return
    for key, record in embedded.items():
        own_id = _readable(_raw_id(target, record)) or referred.external_id
        _read_record(reading, target, record, referred._replace(external_id=own_id), Rank.COPY)
        yield key


def _read_beside(
    reading: Reading,
    reference: Reference,
    payload: dict[str, Any],
    referred: RecordKey | None,
    taken: set[str],
) -> None:
    """Copies of the referred record's columns; without a record, a null says nothing all the same."""
    if reference.beside.keys().isdisjoint(payload):
        return
    for key, column in reference.beside.items():
        if key not in payload:
            continue
        if payload[key] is None:
            taken.add(key)
        elif referred is not None:
            value = read_value(column, [(key, payload[key])], taken, reading.warnings)
            reading.said(referred, Rank.COPY).setdefault(column.name, value)


def _addition(reading: Reading, column: str, key: str, payload: dict[str, Any]) -> dict[str, Any]:
    raw = payload.get(key)
    if raw is None:
        return {}
    try:
        return {f"{column}{ADDITION}{text(raw)}": True}
    except Unconvertible as error:
        reading.warnings.append(f"{key}: {error}; nothing is added to {column}")
        return {EXTRA + key: document(raw)}


def _extra(plan: Plan, payload: dict[str, Any], taken: set[str], rank: Rank) -> dict[str, Any]:
    """One register for each key that nothing took, and for each part of an object that is read in part."""
    found: dict[str, Any] = {}
    for key, value in payload.items():
        if key in plan.unkept or key in taken:
            continue
        if isinstance(value, dict) and key in plan.parted:
            parts = {f"{key}.{part}": held for part, held in value.items()}
            found.update(
                {EXTRA + place: document(held) for place, held in parts.items() if place not in taken}
            )
        else:
            found[EXTRA + key] = document(value)
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
