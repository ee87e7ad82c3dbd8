"""The events in a vendor's samples, by type: how the vendor writes each. Reads files, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from entities.reading.envelopes.envelope import Envelope, envelope_plan, read_envelopes
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.envelopes.vendor_samples import SampleBody, sample_bodies
from entities.reading.paths import Path, follow
from entities.reading.plans.event_plans import WILDCARD
from entities.vendor_language import Vendor
from entities.vendors import get_vendor


@dataclass(frozen=True)
class EnvelopeShape:
    """The shape of the envelope of one type of event.

    type_parts: where the parts of the type stand, and what they are. payload: where the payload stands.
    """

    type_parts: tuple[tuple[Path, Any], ...]
    payload: Path


@cache
def list_sample_events(vendor_name: str) -> tuple[Envelope, ...]:
    """Return the events of all samples that can be read: of those that are documented last."""
    return tuple(
        event for sample in reversed(sample_bodies(vendor_name)) for event in _read(vendor_name, sample)
    )


def _read(vendor_name: str, sample: SampleBody) -> tuple[Envelope, ...]:
    try:
        return read_envelopes(sample.body, get_vendor(vendor_name), datetime.now(UTC)).events
    except Malformed:
        return ()


@cache
def sample_events(vendor_name: str) -> dict[str, Envelope]:
    """Return event type -> the last event of that type in the samples."""
    return {event.event_type: event for event in list_sample_events(vendor_name)}


def list_sampled_types(vendor: Vendor, event_type: str) -> list[str]:
    """Return the types that samples have of an open set, `task.*`; any other type is its own only one."""
    if not event_type.endswith(WILDCARD):
        return [event_type]
    beginning = event_type.removesuffix(WILDCARD)
    return sorted(name for name in sample_events(vendor.name) if name.startswith(beginning)) or [event_type]


def has_sampled_key(vendor: Vendor, event_type: str, key: str) -> bool:
    """Return True if the payload of the type's sample has this key."""
    event = sample_events(vendor.name).get(event_type)
    return event is not None and key in event.payload


@cache
def find_envelope_shape(vendor: Vendor, event_type: str) -> EnvelopeShape:
    """Return the shape of the envelope of a type's sample; without one, that of the preferred paths."""
    plan = envelope_plan(vendor)
    event = sample_events(vendor.name).get(event_type)
    if event is None:
        preferred = (path for path, *_ in plan.event_type)
        parts = event_type.split(".", len(plan.event_type) - 1)
        return EnvelopeShape(tuple(zip(preferred, parts, strict=False)), plan.payload[0])
    found = (_find_part(event, alternatives) for alternatives in plan.event_type)
    payloads = (path for path in plan.payload if follow(event.content, path, event.root) is event.payload)
    return EnvelopeShape(tuple(one for one in found if one is not None), next(payloads, plan.payload[0]))


def _find_part(event: Envelope, paths: tuple[Path, ...]) -> tuple[Path, Any] | None:
    """Return the first of the paths at which there is a part of the type, and the part."""
    found = ((path, follow(event.content, path, event.root)) for path in paths)
    return next(((path, value) for path, value in found if isinstance(value, str | int) and value), None)
