"""Reads which events stand in a body: of each its type, its time and its payload. Pure.

Most vendors send one event a body. Where a vendor sends several, in a list, each is read by itself: one that
cannot be read is a problem of its own, and the others count.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from entities.reading.envelopes.body_formats import parse_body
from entities.reading.envelopes.event_lists import ListedEvent, list_events
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.paths import ABSENT, NOWHERE, Path, Surroundings, follow, parse_paths
from entities.reading.times import parse_time
from entities.reading.unconvertible import Unconvertible
from entities.vendor_language import BodyFormat, Vendor

# How far ahead of its receipt an event's time may be: a wrong clock must not win against all later events.
MAX_AHEAD = timedelta(days=1)
# Events in one body. A vendor's batches have 100 or so; more are the work of somebody who tries the endpoint.
MAX_EVENTS = 100_000
# Of one body; the rest is counted.
MAX_PROBLEMS = 20

TYPE_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


class Envelope(NamedTuple):
    """The parts of an event that do not depend on its type.

    occurred_at: aware, UTC; the time of receipt, with a warning, if the event's own time is missing,
        unreadable or more than a day ahead of the receipt.
    payload: numbers with a point are Decimal. U+FFFD replaces NUL and lone surrogates, which PostgreSQL
        cannot store.
    content: the event itself, in which its type, its time and its payload stand.
    root: what is around it in the body.
    number: the place of the event in the body's list, from 0; None if the body is one event.
    bare_id: the id of the record, if that is all that the list has of the event; else None.
    resource, scope: of an event that was fetched or imported: where it was found, and the sub-account's id.
    """

    event_type: str
    occurred_at: datetime
    payload: dict[str, Any]
    warnings: tuple[str, ...]
    content: Any = ABSENT
    root: Surroundings = NOWHERE
    number: int | None = None
    bare_id: Any = None
    resource: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The events of one body. problems: why others of its list cannot be read, or were not counted."""

    events: tuple[Envelope, ...]
    problems: tuple[str, ...] = ()

    @property
    def event_type(self) -> str:
        """The type that the log shows: that of the first event."""
        return self.events[0].event_type

    @property
    def occurred_at(self) -> datetime:
        """The time that the log shows: that of the latest event."""
        return max(event.occurred_at for event in self.events)

    @property
    def warnings(self) -> tuple[str, ...]:
        warnings = (number_message(event, warning) for event in self.events for warning in event.warnings)
        return shorten_list((*warnings, *self.problems))


@dataclass(frozen=True, slots=True)
class EnvelopePlan:
    """The paths of a vendor's envelope. event_type: the alternatives of each part of the type.

    untyped: the type of events that name none.
    """

    batch: tuple[Path, ...]
    event_type: tuple[tuple[Path, ...], ...]
    time: tuple[Path, ...]
    payload: tuple[Path, ...]
    untyped: str
    time_formats: tuple[str, ...]
    body_format: BodyFormat


@cache
def envelope_plan(vendor: Vendor) -> EnvelopePlan:
    """Return the parsed paths of a vendor's envelope."""
    return EnvelopePlan(
        parse_paths(vendor.batch),
        tuple(map(parse_paths, vendor.type_parts)),
        parse_paths(vendor.time),
        parse_paths(vendor.payload),
        vendor.untyped,
        vendor.time_formats,
        vendor.body_format,
    )


def read_envelopes(body: bytes, vendor: Vendor, received_at: datetime) -> Envelopes:
    """Read the events in `body`. Raises Malformed if none can be read."""
    plan = envelope_plan(vendor)
    content = parse_body(body, plan.body_format)
    items = list_events(content, plan.batch)
    if items is None:
        return Envelopes((_read_event(ListedEvent(content, Surroundings(content)), plan, received_at),))
    if not 0 < len(items) <= MAX_EVENTS:
        raise Malformed(f"not an envelope: a list of {len(items):,} events; 1 to {MAX_EVENTS:,} are read")
    events: list[Envelope] = []
    problems: list[str] = []
    for number, item in enumerate(items):
        try:
            events.append(_read_event(item, plan, received_at, number))
        except Malformed as error:
            problems.append(f"event {number + 1}: {error}")
    if not events:
        raise Malformed(f"none of the {len(items):,} events can be read; {problems[0]}")
    return Envelopes(tuple(events), shorten_list(problems))


def shorten_list(messages: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return the first messages, and one that says how many more there are."""
    if len(messages) <= MAX_PROBLEMS:
        return tuple(messages)
    return (*messages[:MAX_PROBLEMS], f"and {len(messages) - MAX_PROBLEMS:,} more like these")


def number_message(event: Envelope, message: str) -> str:
    """Return a message about an event, with its place in the body's list, from 1."""
    return message if event.number is None else f"event {event.number + 1}: {message}"


def _read_event(
    listed: ListedEvent, plan: EnvelopePlan, received_at: datetime, number: int | None = None
) -> Envelope:
    """Read one event. Raises Malformed."""
    bare_id = None
    content, root = listed
    if number is not None and isinstance(content, str | int) and not isinstance(content, bool):
        bare_id, content = content, {}
    if not isinstance(content, dict):
        what = "the body" if number is None else "it"
        raise Malformed(f"not an envelope: {what} is {_type_name(content)}, an object is expected")
    event_type = find_event_type(content, root, plan)
    if not event_type:
        raise Malformed(f"not an envelope: no event type under {describe_type_paths(plan)}")
    payload = _find_payload(content, root, plan)
    if payload is None and bare_id is None:
        raise Malformed(f"not an envelope: no object under {describe_paths(plan.payload)}")
    occurred_at, warnings = _read_event_time(content, root, plan, received_at)
    return Envelope(event_type, occurred_at, payload or {}, warnings, content, root, number, bare_id)


def find_event_type(content: Any, root: Surroundings, plan: EnvelopePlan) -> str:
    """Return the type of an event: the parts of it that are there, with dots between them."""
    # One of several parts may be a whole number: some vendors number the kinds of record.
    allows_number = len(plan.event_type) > 1
    parts = [_find_type_part(content, root, paths, allows_number) for paths in plan.event_type]
    return ".".join(filter(None, parts)) or plan.untyped


def _find_type_part(content: Any, root: Surroundings, paths: tuple[Path, ...], allows_number: bool) -> str:
    for path in paths:
        value = follow(content, path, root)
        if _is_type_part(value, allows_number=allows_number):
            return str(value)
    return ""


def _is_type_part(value: Any, *, allows_number: bool) -> bool:
    if isinstance(value, str):
        return bool(value)
    return allows_number and isinstance(value, int) and not isinstance(value, bool)


def _find_payload(content: Any, root: Surroundings, plan: EnvelopePlan) -> dict[str, Any] | None:
    for path in plan.payload:
        value = follow(content, path, root)
        if isinstance(value, dict):
            return value
    return None


def _read_event_time(
    content: Any, root: Surroundings, plan: EnvelopePlan, received_at: datetime
) -> tuple[datetime, tuple[str, ...]]:
    """Return the first time that can be read, and the warnings if there is none."""
    reason = ""
    for path in plan.time:
        value = follow(content, path, root)
        if value is ABSENT or value is None:
            continue
        try:
            occurred_at = parse_time(value, plan.time_formats)
        except Unconvertible as error:
            reason = reason or f"event time: {error}; the time of receipt counts"
            continue
        if occurred_at <= received_at + MAX_AHEAD:
            return occurred_at, ()
        reason = reason or (
            f"event time {occurred_at.isoformat()} is ahead of its receipt; the time of receipt counts"
        )
    return received_at.astimezone(UTC), (reason or "no event time: the time of receipt counts",)


def describe_paths(paths: tuple[Path, ...]) -> str:
    """Return the alternatives in words."""
    return " or ".join(repr(path.place) for path in paths)


def describe_type_paths(plan: EnvelopePlan) -> str:
    """Return where the parts of the event's type stand, in words."""
    return " and ".join(map(describe_paths, plan.event_type))


def _type_name(value: object) -> str:
    return TYPE_NAMES.get(type(value), "a number")
