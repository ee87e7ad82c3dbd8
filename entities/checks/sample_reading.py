"""Reads a vendor's samples for the checks: which payloads of which kinds of record there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entities.reading.envelopes.envelope import Envelope, read_envelopes
from entities.reading.envelopes.properties import expand_properties
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.envelopes.vendor_samples import sample_bodies
from entities.reading.paths import ABSENT, NOWHERE, Surroundings, follow
from entities.reading.plans.entity_plans import EntityPlan
from entities.reading.plans.event_plans import find_event_plan, find_wildcard
from entities.reading.reference_values import embedded_objects
from entities.vendor_language import Vendor


@dataclass(frozen=True)
class SamplePayload:
    """A record in a sample. model: of the record. event_type: as the vendor's module has it, also `task.*`.

    is_own: whether the event is about it; else it is embedded in another one, and `root` is NOWHERE.
    """

    event_type: str
    model: str
    payload: dict[str, Any]
    root: Surroundings
    is_own: bool = True


@dataclass(frozen=True)
class ReadSamples:
    """The samples of a vendor as they are read: their events, and the records in those of known types."""

    events: tuple[Envelope, ...]
    payloads: tuple[SamplePayload, ...]


def read_samples(vendor: Vendor) -> ReadSamples:
    """Read all samples of a vendor; leave out those that cannot be read."""
    events = [event for sample in sample_bodies(vendor.name) for event in _read_events(sample.body, vendor)]
    return ReadSamples(tuple(events), tuple(one for event in events for one in _list_payloads(event, vendor)))


def _read_events(body: bytes, vendor: Vendor) -> tuple[Envelope, ...]:
    try:
        return read_envelopes(body, vendor, datetime.now(UTC)).events
    except Malformed:
        return ()


def _list_payloads(event: Envelope, vendor: Vendor) -> Iterator[SamplePayload]:
    event_plan = find_event_plan(vendor, event.event_type)
    if event_plan is None:
        return
    name = event.event_type
    if name not in vendor.events:
        name = find_wildcard(vendor, name) or name
    payload = expand_properties(vendor, event.payload)
    yield SamplePayload(name, event_plan.plan.entity.model, payload, event.root)
    yield from _list_embedded(name, event_plan.plan, payload, event.root)


def _list_embedded(
    name: str, plan: EntityPlan, payload: dict[str, Any], root: Surroundings
) -> Iterator[SamplePayload]:
    """Yield the records that are embedded under the references of a record."""
    for reference in plan.references:
        found = {path.place: follow(payload, path, root) for path in reference.paths}
        values = {place: value for place, value in found.items() if value is not ABSENT}
        for embedded in embedded_objects(values).values():
            yield SamplePayload(name, reference.model, embedded, NOWHERE, is_own=False)
