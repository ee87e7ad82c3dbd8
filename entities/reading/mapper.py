"""Maps an event's bytes to what it says about which records. Pure: no database, no clock, no settings."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from crmmirror.lib.utc import format_utc
from entities.merge.clock import Rank, format_clock
from entities.merge.registers import EXISTS
from entities.reading.bounded_statements import bound_statements
from entities.reading.converters import to_flag, to_identifier
from entities.reading.envelopes.envelope import Envelope, number_message, shorten_list
from entities.reading.envelopes.properties import expand_properties
from entities.reading.fetched.fetched_envelope import read_any_envelopes
from entities.reading.fetched.fetched_plans import FetchedPlan, find_fetched_plan, translate_ids
from entities.reading.mapped_event import MappedEvent, RecordKey, Statement, Unmappable
from entities.reading.paths import ABSENT, follow
from entities.reading.payload_reading import Copy, Reading
from entities.reading.plans.entity_plans import EntityPlan, entity_plans
from entities.reading.plans.event_plans import EventPlan, find_event_plan
from entities.reading.record_reading import (
    Context,
    convert_id,
    find_id,
    list_id_places,
    read_columns,
    read_id,
    read_record,
)
from entities.reading.unconvertible import Unconvertible
from entities.stored_events import Origin, StoredEvent
from entities.vendor_language import EVENT_TIME, Vendor
from entities.vendors import get_vendor

MERGED_INTO: Final = "merged_into"
UNKNOWN_TYPE_BEGINNING: Final = "no mapping has the type "
"""The beginning of the warning that an event of a list has a type that no module has; the type follows."""


class EventClocks(NamedTuple):
    """The clocks of one event's writes. digest: that of the body, and the event's place in its list."""

    occurred_at: datetime
    digest: str

    def format(self, rank: Rank) -> str:
        return format_clock(self.occurred_at, rank, self.digest)


def event_digest(event: StoredEvent, envelope: Envelope) -> str:
    """Return what tells an event from all others, and is a pure function of the bytes.

    Of two events of one list that have the same time and rank, the later one wins.
    """
    if envelope.number is None:
        return event.digest
    return f"{event.digest}.{envelope.number:06d}"


class EventReading(NamedTuple):
    """The statements of one event of a body. known: whether the vendor's module has its type."""

    known: bool
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...]
    scope: str


def map_event(event: StoredEvent) -> MappedEvent:
    """Read a stored body. Raises Malformed, Unmappable, UnusableVendor.

    If it holds several events, one that names no record is a warning, unless all of them name none; and each
    type that the vendor's module does not know is one, of the first event that has it.
    """
    vendor = get_vendor(event.vendor)
    envelopes = read_any_envelopes(event.body, vendor, event.received_at, event.origin)
    if len(envelopes.events) == 1 and not envelopes.problems:
        reading = _read_event(event, vendor, envelopes.events[0])
        return MappedEvent(
            event, envelopes, reading.known, reading.statements, reading.warnings, reading.scope
        )
    readings: list[EventReading] = []
    warnings: list[str] = []
    errors: list[Unmappable] = []
    unknown_types: set[str] = set()
    for envelope in envelopes.events:
        try:
            reading = _read_event(event, vendor, envelope)
        except Unmappable as error:
            errors.append(error)
            warnings.append(number_message(envelope, str(error)))
        else:
            readings.append(reading)
            if not reading.known and envelope.event_type not in unknown_types:
                unknown_types.add(envelope.event_type)
                unknown = f"{UNKNOWN_TYPE_BEGINNING}{envelope.event_type}"
                warnings.append(number_message(envelope, unknown))
            warnings += [number_message(envelope, warning) for warning in reading.warnings]
    if not readings:
        raise errors[0]
    return MappedEvent(
        event,
        envelopes,
        any(reading.known for reading in readings),
        tuple(statement for reading in readings for statement in reading.statements),
        shorten_list([*warnings, *envelopes.problems]),
        _only_scope(readings),
    )


def _only_scope(readings: Iterable[EventReading]) -> str:
    scopes = {reading.scope for reading in readings}
    return scopes.pop() if len(scopes) == 1 else ""


def _read_event(event: StoredEvent, vendor: Vendor, envelope: Envelope) -> EventReading:
    """Read one event of a body. Raises Unmappable."""
    if event.origin is not Origin.WEBHOOK:
        return _read_fetched_event(event, envelope)
    event_plan = find_event_plan(vendor, envelope.event_type, event.time_zone)
    plans = entity_plans(vendor.name, event.time_zone)
    scope_plan = plans[vendor.scope.model] if vendor.scope else None
    if event_plan is None:
        scope = (scope_plan and find_id(scope_plan, envelope.payload, envelope.root)) or ""
        return EventReading(False, (), envelope.warnings, scope)
    scope, scope_reading = _read_scope(scope_plan, envelope) if scope_plan else ("", Reading())
    clocks = EventClocks(envelope.occurred_at, event_digest(event, envelope))
    try:
        key, own = _read_own_record(
            Context(plans, scope, envelope.root), vendor, clocks, envelope, event_plan
        )
    except Unmappable as error:
        error.scope = scope
        raise
    statements, long_values = bound_statements(
        [
            *_make_statements(clocks, event_plan.rank, key, own, scope_reading.copies),
            *_end_merged_records(clocks, key, event_plan, envelope),
        ]
    )
    warnings = (*envelope.warnings, *scope_reading.warnings, *own.warnings, *long_values)
    return EventReading(True, statements, warnings, scope)


def _read_fetched_event(event: StoredEvent, envelope: Envelope) -> EventReading:
    """Read a record that was fetched or imported, or that is gone. Raises Unmappable."""
    plan = find_fetched_plan(event.vendor, event.origin, envelope.resource, event.time_zone)
    if plan is None:
        return EventReading(False, (), envelope.warnings, envelope.scope)
    clocks = EventClocks(envelope.occurred_at, event.digest)
    try:
        key, own = _read_fetched_record(event, clocks, envelope, plan)
    except Unmappable as error:
        error.scope = envelope.scope
        raise
    statements = tuple(_make_statements(clocks, Rank.FETCHED, key, own, ()))
    statements, long_values = bound_statements(translate_ids(statements, plan.ids))
    warnings = (*envelope.warnings, *own.warnings, *long_values)
    return EventReading(True, statements, warnings, envelope.scope)


def _read_fetched_record(
    event: StoredEvent, clocks: EventClocks, envelope: Envelope, fetched: FetchedPlan
) -> tuple[RecordKey, Reading]:
    plan, model = fetched.plan, fetched.plan.entity.model
    if event.origin is Origin.LISTING:
        key = RecordKey(model, envelope.scope, convert_id(plan, envelope.bare_id))
        return key, Reading(writes={EXISTS: False})
    external_id = read_id(plan, envelope.payload, ABSENT)
    if external_id is None and plan.entity.identified_by_digest:
        external_id = clocks.digest
    if external_id is None:
        raise Unmappable(f"the record carries no id (looked for {', '.join(list_id_places(plan))})")
    said = {name: value for name, value in envelope.payload.items() if name not in fetched.leaves_out}
    context = Context(entity_plans(event.vendor, event.time_zone), envelope.scope)
    reading = read_record(context, plan, said, Rank.FETCHED)
    reading.writes[EXISTS] = True
    return RecordKey(model, envelope.scope, external_id), reading


def _read_scope(plan: EntityPlan, envelope: Envelope) -> tuple[str, Reading]:
    """Return the id of the sub-account that scopes every record of the event, and copies of its columns."""
    scope = read_id(plan, envelope.payload, envelope.root) or ""
    columns = read_columns(plan, envelope.payload, Rank.COPY, envelope.root)
    reading = Reading(warnings=columns.warnings)
    if scope and columns.writes:
        reading.copies.append(Copy(RecordKey(plan.entity.model, "", scope), columns.writes))
    return scope, reading


def _read_own_record(
    context: Context, vendor: Vendor, clocks: EventClocks, envelope: Envelope, event_plan: EventPlan
) -> tuple[RecordKey, Reading]:
    """Read the record that the event is about. Raises Unmappable if the payload names none."""
    plan, rank = event_plan.plan, event_plan.rank
    if envelope.bare_id is not None:
        external_id: str | None = convert_id(plan, envelope.bare_id)
    else:
        external_id = read_id(plan, envelope.payload, envelope.root)
    if external_id is None and plan.entity.identified_by_digest:
        external_id = clocks.digest
    if external_id is None:
        raise Unmappable(f"the payload carries no id (looked for {', '.join(list_id_places(plan))})")
    reading = read_record(context, plan, expand_properties(vendor, envelope.payload), rank)
    for column, value in event_plan.event_type.implied.items():
        if reading.writes.get(column) is None:
            reading.writes[column] = format_utc(envelope.occurred_at) if value is EVENT_TIME else value
    if event_plan.columns and _is_ended(event_plan, envelope):
        reading.writes.update(dict.fromkeys(event_plan.columns))
    # A deletion is a tombstone: the record stays, and this register says that it does not exist.
    reading.writes[EXISTS] = rank is not Rank.DELETED
    return RecordKey(plan.entity.model, context.scope, external_id), reading


def _is_ended(event_plan: EventPlan, envelope: Envelope) -> bool:
    """Return True if a flag says that what the type's own columns hold has ended."""
    for path in event_plan.ended:
        try:
            if to_flag(follow(envelope.payload, path, envelope.root)):
                return True
        except Unconvertible:
            continue
    return False


def _end_merged_records(
    clocks: EventClocks, survivor: RecordKey, event_plan: EventPlan, envelope: Envelope
) -> Iterator[Statement]:
    """Yield the end of each record that was merged into the event's own: a deletion that says into which."""
    ended: set[str] = set()
    for path in event_plan.merged:
        value = follow(envelope.payload, path, envelope.root)
        for raw in value if isinstance(value, list) else [value]:
            with suppress(Unconvertible):
                ended.add(to_identifier(raw))
    for external_id in sorted(ended - {survivor.external_id}):
        writes = {EXISTS: False, MERGED_INTO: survivor.external_id}
        yield Statement(survivor._replace(external_id=external_id), clocks.format(Rank.DELETED), writes)


def _make_statements(
    clocks: EventClocks, rank: Rank, key: RecordKey, own: Reading, scope_copies: Iterable[Copy]
) -> Iterator[Statement]:
    """Yield the statements about each record; no bare reference to one that the event describes as well."""
    writes: dict[tuple[RecordKey, Rank], dict[str, Any]] = {}
    _add_copies(writes, scope_copies)
    writes.setdefault((key, rank), {}).update(own.writes)
    _add_copies(writes, own.copies)
    described = {key for (key, _), registers in writes.items() if registers}
    for (key, rank), registers in writes.items():
        if registers or key not in described:
            yield Statement(key, clocks.format(rank), registers)


def _add_copies(writes: dict[tuple[RecordKey, Rank], dict[str, Any]], copies: Iterable[Copy]) -> None:
    for copy in copies:
        collected = writes.setdefault((copy.key, Rank.COPY), {})
        if copy.yields:
            collected |= copy.writes | collected
        else:
            collected.update(copy.writes)
