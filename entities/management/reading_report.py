"""Describes in words what the mirror reads in a body: for `manage.py read`."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from entities.merge.clock import Rank, clock_time, parse_clock
from entities.merge.registers import ADDITION, EXISTS, EXTRA, timeline_values
from entities.reading.converters import to_document
from entities.reading.envelopes.body_formats import parse_body
from entities.reading.envelopes.envelope import envelope_plan
from entities.reading.envelopes.event_lists import ListedEvent, list_events
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import MappedEvent, Statement, Unmappable
from entities.reading.mapper import map_event
from entities.reading.paths import ABSENT, Surroundings, follow
from entities.stored_events import StoredEvent
from entities.vendor_language import Vendor

MAX_VALUE_LENGTH = 100
MAX_KEYS = 30
RANK_WORDS = {
    Rank.COPY: "copied from this event",
    Rank.FETCHED: "fetched",
    Rank.CREATED: "created",
    Rank.OTHER: "written",
    Rank.DELETED: "deleted",
}


@dataclass(frozen=True)
class ReadingReport:
    """The findings in one body, as lines of text. is_read: whether the body became records."""

    lines: tuple[str, ...]
    is_read: bool


def describe_body(vendor: Vendor, body: bytes, received_at: datetime) -> ReadingReport:
    """Read a body as an event of this vendor, received at this time, and say what became of it."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        mapped = map_event(StoredEvent(0, 0, vendor.name, digest, body, received_at, ""))
    except Malformed as error:
        lines = (f"malformed: {error}", *_describe_envelope(vendor, body))
        return ReadingReport(lines, is_read=False)
    except Unmappable as error:
        return ReadingReport((f"failed: {error}", *_describe_envelope(vendor, body)), is_read=False)
    return ReadingReport(tuple(_describe_mapped(vendor, mapped)), is_read=mapped.known)


def _describe_envelope(vendor: Vendor, body: bytes) -> Iterator[str]:
    """Yield the keys of a body that is not read, and what each path of the envelope finds in it."""
    try:
        content = parse_body(body, vendor.body_format)
    except Malformed:
        return
    plan = envelope_plan(vendor)
    items = list_events(content, plan.batch)
    if plan.batch:
        found = "no list" if items is None else f"{len(items):,}"
        yield f"    events in the list at {vendor.batch!r}: {found}"
    event, root = items[0] if items else ListedEvent(content, Surroundings(content))
    yield f"    the body has {_describe_keys(content)}"
    if items:
        yield f"    the first event has {_describe_keys(event)}"
    groups = [*(("type", paths) for paths in plan.event_type), ("time", plan.time), ("payload", plan.payload)]
    for name, paths in groups:
        for path in paths:
            value = follow(event, path, root)
            found = "nothing" if value is ABSENT else _shorten(to_document(value))
            yield f"    {name} {path.place!r} finds {found}"
            if name == "payload" and _is_list_of_objects(value) and not plan.batch:
                yield f"    if each item of it is an event, write batch={path.place!r}, payload='.'"
                yield "    paths then start at the item, and one that starts with / at the body"


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _describe_keys(value: Any) -> str:
    if not isinstance(value, dict):
        return f"no keys: it is {_shorten(to_document(value))}"
    return f"the keys {', '.join(map(repr, list(value)[:MAX_KEYS]))}{', …' if len(value) > MAX_KEYS else ''}"


def _describe_mapped(vendor: Vendor, mapped: MappedEvent) -> Iterator[str]:
    for event in mapped.envelopes.events:
        yield f"type {event.event_type!r}, time {event.occurred_at.isoformat()}"
    if mapped.scope:
        yield f"sub-account {mapped.scope}"
    if not mapped.known:
        yield f"ignored: {_suggest_type(vendor, mapped.envelopes.event_type)}"
    for statement in mapped.statements:
        yield from _describe_statement(statement)
    yield from (f"warning: {warning}" for warning in mapped.warnings)


def _suggest_type(vendor: Vendor, event_type: str) -> str:
    """Return what to do about a type that the module does not know."""
    near = get_close_matches(event_type, vendor.event_types, 3, 0.5) or vendor.event_types[:3]
    return f"the module has no event type {event_type!r}; it has {', '.join(map(repr, near))} and others"


def _describe_statement(statement: Statement) -> Iterator[str]:
    rank = parse_clock(statement.clock).rank
    word = RANK_WORDS[rank] if statement.writes else "referred to"
    yield f"{statement.key.model} {statement.key.external_id}: {word}, {clock_time(statement.clock)}"
    writes = timeline_values(statement.writes)
    columns = {name: value for name, value in writes.items() if name != EXISTS}
    for name, value in sorted(columns.items(), key=lambda item: (item[0].startswith(EXTRA), item[0])):
        yield f"    {_describe_name(name)} = {_shorten(value)}"


def _describe_name(name: str) -> str:
    if name.startswith(EXTRA):
        return f"extra {name.removeprefix(EXTRA)!r}"
    column, is_addition, label = name.partition(ADDITION)
    return f"{column}, added {label!r}" if is_addition else name


def _shorten(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[:MAX_VALUE_LENGTH]}… ({len(text):,} characters)"
