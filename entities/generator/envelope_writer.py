"""Writes payloads into their vendor's envelope, as the vendor's samples have it. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from entities.generator.sample_events import find_envelope_shape
from entities.reading.envelopes.envelope import envelope_plan
from entities.reading.paths import ABSENT, ROOT, parse_path
from entities.vendor_language import Vendor

NOTHING: Mapping[str, Any] = MappingProxyType({})


def wrap_payload(vendor: Vendor, event_type: str, payload: Any, time: Any = ABSENT) -> Any:
    """Return the body, as a JSON value, of one event. time: as the vendor writes it; ABSENT for none."""
    return wrap_events(vendor, [build_event(vendor, event_type, payload, time)])


def wrap_record(vendor: Vendor, event_type: str, values: Mapping[str, Any], time: Any = ABSENT) -> Any:
    """Return the body of one event about a record.

    values: path -> value; a path that begins with `/` stands outside the payload.
    """
    payload, outside = split_paths(values)
    return wrap_events(vendor, [build_event(vendor, event_type, payload, time)], outside)


def split_paths(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what stands in the payload, and what stands at paths from the root of the body."""
    outside = {place: value for place, value in values.items() if place.startswith(ROOT)}
    return {place: value for place, value in values.items() if place not in outside}, outside


def build_event(vendor: Vendor, event_type: str, payload: Any, time: Any = ABSENT) -> dict[str, Any]:
    """Return an event as it stands in a body, or in a body's list."""
    shape = find_envelope_shape(vendor, event_type)
    outer = shape.payload.parts
    event: dict[str, Any] = dict(payload) if not outer else {}
    for path, part in shape.type_parts:
        put_at(event, path.parts, part)
    if outer:
        put_at(event, outer, payload)
    if time is not ABSENT:
        put_at(event, envelope_plan(vendor).time[0].parts, time)
    return event


def wrap_events(vendor: Vendor, events: Sequence[Any], outside: Mapping[str, Any] = NOTHING) -> Any:
    """Return the body of one event, or of several if the vendor sends lists.

    outside: path from the root of the body -> value.
    """
    body: Any = events[0]
    parts = next((path.parts for path in envelope_plan(vendor).batch), None)
    if parts is not None:
        # What all events share, such as their type, may stand beside the list. Items such as {} lack it.
        fullest = max((event for event in events if isinstance(event, dict)), key=len)
        body = dict(fullest) if parts else list(events)
        if parts:
            put_at(body, parts, list(events))
    for place, value in outside.items():
        put_at(body, parse_path(place).parts, value)
    return body


def put_at(content: Any, parts: tuple[str, ...], value: Any) -> None:
    """Put a value into nested objects and lists, which are made where they are missing."""
    *outer, last = parts
    for part, following in zip(outer, parts[1:], strict=True):
        content = _enter(content, part, [] if following.isdigit() else {})
    if isinstance(content, list):
        _enter(content, last, value)
        content[min(int(last), len(content) - 1)] = value
    else:
        content[last] = value


def _enter(content: Any, part: str, missing: Any) -> Any:
    """Return what stands under a key or an index. missing: what is put there if nothing of its kind does."""
    if isinstance(content, list):
        place = min(int(part), len(content))
        if place == len(content):
            content.append(missing)
        elif not isinstance(content[place], type(missing)):
            content[place] = missing
        return content[place]
    if not isinstance(content.get(part), type(missing)):
        content[part] = missing
    return content[part]
