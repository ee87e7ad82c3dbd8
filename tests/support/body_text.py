"""Bodies written as text out of the vendors' tables, so that they may be what no JSON library writes.

A member of an object is its key, and the text that stands there as its value.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

from entities.generator.envelope_writer import NOTHING, build_event, wrap_events
from entities.generator.sample_events import find_envelope_shape
from entities.reading.paths import Path, parse_path
from entities.reading.plans.entity_plans import EntityPlan, entity_plans
from entities.vendor_language import Vendor

TIME = '"2025-01-15T10:30:00Z"'
MARK = "the payload"
TIME_MARK = "the time"

Edit = tuple[int, int, bytes]


def build_body(vendor: Vendor, event_type: str, members: Mapping[str, str], time: str = TIME) -> bytes:
    """Build the body of an event. members: of its payload; an id whose path has `/` stands beside it."""
    rooted = {path.place for plan in entity_plans(vendor.name).values() for path in plan.id if path.is_rooted}
    outside = {place: text for place, text in members.items() if place in rooted}
    text = object_text({place: text for place, text in members.items() if place not in rooted})
    if not find_envelope_shape(vendor, event_type).payload.parts:
        return build_envelope(vendor, event_type, {}, time, text[1:-1] or '"": null', outside)
    return build_envelope(vendor, event_type, MARK, time, text, outside)


def build_envelope(
    vendor: Vendor,
    event_type: str,
    payload: Any,
    time: str = TIME,
    marked: str = '"": null',
    outside: Mapping[str, str] = NOTHING,
) -> bytes:
    """Build a body with this payload.

    marked: the text that stands in place of MARK, or of its member. outside: path from the root -> text.
    """
    if payload == MARK and not find_envelope_shape(vendor, event_type).payload.parts:
        payload, marked = {}, f'"": {marked}'
    marks = {place: f"outside {number}" for number, place in enumerate(outside)}
    event = build_event(vendor, event_type, payload if payload else {MARK: 0}, TIME_MARK)
    text = json.dumps(wrap_events(vendor, [event], marks)).replace(f'"{TIME_MARK}"', time)
    for place, mark in marks.items():
        text = text.replace(f'"{mark}"', outside[place])
    return encode_text(text.replace(f'"{MARK}": 0', marked).replace(f'"{MARK}"', marked))


def object_text(members: Mapping[str, str]) -> str:
    """Return the text of an object."""
    return "{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in members.items()) + "}"


def encode_text(text: str) -> bytes:
    """Encode as UTF-8; a lone surrogate, which UTF-8 does not allow, as a careless encoder does."""
    return text.encode("utf-8", "surrogatepass")


def format_json(value: Any) -> str:
    """Return the JSON text of a value whose fractions are Decimal."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(format_json, value))}]"
    if isinstance(value, dict):
        return object_text({key: format_json(inner) for key, inner in value.items()})
    return json.dumps(value)


def apply_edits(body: bytes, edits: Sequence[Edit]) -> bytes:
    """Apply edits to a body.

    edits: the place, how many bytes are removed there, and the bytes that replace them.
    """
    for place, length, piece in edits:
        place %= len(body) + 1
        body = body[:place] + piece + body[place + length :]
    return body


def get_plan(vendor: Vendor, event_type: str) -> EntityPlan:
    """Return the plan of the records that events of this type are about."""
    return entity_plans(vendor.name)[vendor.events[event_type].entity.model]


def identity_members(vendor: Vendor, event_type: str, record: str) -> dict[str, str]:
    """Return the members that say which record an event of this type is about."""
    scope = {vendor.scope.id.split()[0]: '"sa_hostile"'} if vendor.scope else {}
    return scope | {get_plan(vendor, event_type).id[0].place: json.dumps(record)}


def list_field_paths(vendor: Vendor, event_type: str) -> list[Path]:
    """Return every path of the payload that is read for events of this type, without those of the ids."""
    plan = get_plan(vendor, event_type)
    paths = [path for reference in plan.references for path in reference.paths]
    keys = [key for reference in plan.references for key in reference.copies]
    columns = list(plan.columns)
    if vendor.scope:
        columns += entity_plans(vendor.name)[vendor.scope.model].columns
    paths += chain.from_iterable(column.paths for column in columns)
    paths += map(parse_path, (*keys, *plan.entity.additions))
    return [path for path in dict.fromkeys(paths) if not path.is_rooted]


def member_at(path: Path, text: str) -> dict[str, str]:
    """Return the member in which this text stands at the path."""
    for part in reversed(path.parts[1:]):
        text = object_text({part: text})
    return {path.parts[0]: text}


def one_path_per_kind(vendor: Vendor) -> Iterator[tuple[str, Path]]:
    """Yield an event type and a path for each kind of column, each referred model, and an addition."""
    seen: set[object] = set()
    for event_type in vendor.event_types:
        plan = get_plan(vendor, event_type)
        places: list[tuple[object, Path]] = [(column.convert, column.paths[0]) for column in plan.columns]
        places += [(reference.model, reference.paths[-1]) for reference in plan.references]
        places += [("addition", parse_path(key)) for key in plan.entity.additions]
        for kind, path in places:
            if kind not in seen:
                seen.add(kind)
                yield event_type, path
