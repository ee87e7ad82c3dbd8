"""Explains why a body is malformed: which part of its envelope is wrong, and what is expected there.

It reads the body anew, by the vendor's present module, and so tells too that the body can be read by now.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmmirror.lib.admin_kit.cells import escape_invisible, shorten
from entities.reading.envelopes.body_formats import parse_body
from entities.reading.envelopes.envelope import (
    MAX_EVENTS,
    describe_paths,
    describe_type_paths,
    envelope_plan,
    find_event_type,
)
from entities.reading.envelopes.event_lists import ListedEvent, list_events
from entities.reading.envelopes.strict_json import MAX_DEPTH, Malformed
from entities.reading.fetched.fetched_envelope import read_any_envelopes
from entities.reading.paths import ABSENT, Path, Surroundings, follow
from entities.stored_events import Origin
from entities.vendor_language import BodyFormat, Vendor

# Characters of the body before and after the place that is wrong.
EXCERPT_LENGTH = 120
# Keys of the body that are named, where the one that is looked for is missing.
MAX_KEYS = 12
JSON_NAMES = {dict: "an object", list: "an array", str: "a text", bool: "a boolean", type(None): "null"}


@dataclass(frozen=True)
class Excerpt:
    """A part of the body. marked: the character that is wrong; empty if the excerpt is the beginning."""

    before: str
    marked: str
    after: str


@dataclass(frozen=True)
class EnvelopeProblem:
    """The first thing in a body that keeps it from being read, in words for people."""

    part: str
    expected: str
    found: str
    excerpt: Excerpt


def find_envelope_problem(
    body: bytes, vendor: Vendor, received_at: datetime, origin: Origin = Origin.WEBHOOK
) -> EnvelopeProblem | None:
    """Return what is wrong with a body of this vendor; None if it can be read by now."""
    try:
        read_any_envelopes(body, vendor, received_at, origin)
    except Malformed as error:
        if origin is not Origin.WEBHOOK:
            return EnvelopeProblem(
                "the record", "an object, as the API lists it", str(error), _beginning(body)
            )
        return _explain(body, vendor, error)
    return None


def _explain(body: bytes, vendor: Vendor, error: Malformed) -> EnvelopeProblem:
    cause = error.__cause__
    if explain := next((explain for kind, explain in PARSE_ERRORS.items() if isinstance(cause, kind)), None):
        return explain(body, cause)
    try:
        content = parse_body(body, vendor.body_format)
    except Malformed as unreadable:
        part, expected = EXPECTED_BODIES[vendor.body_format]
        return EnvelopeProblem(part, expected, str(unreadable), _beginning(body))
    return _explain_content(content, vendor, _beginning(body))


def _explain_undecodable(body: bytes, error: Any) -> EnvelopeProblem:
    place = error.start
    return EnvelopeProblem(
        "the encoding",
        "text in UTF-8, UTF-16 or UTF-32",
        f"the byte 0x{body[place]:02x} at position {place + 1:,}, which is no such text",
        Excerpt(
            _show(body[max(0, place - EXCERPT_LENGTH) : place]),
            f"0x{body[place]:02x}",
            _show(body[place + 1 : place + EXCERPT_LENGTH]),
        ),
    )


def _explain_syntax(body: bytes, error: Any) -> EnvelopeProblem:
    text, place = error.doc, error.pos
    return EnvelopeProblem(
        "the JSON",
        EXPECTED_JSON,
        f"{error.msg}, in line {error.lineno:,}, column {error.colno:,}"
        if place < len(text)
        else f"the body ends after {len(body):,} bytes, before its JSON is complete ({error.msg})",
        Excerpt(
            escape_invisible(text[max(0, place - EXCERPT_LENGTH) : place]),
            escape_invisible(text[place : place + 1]),
            escape_invisible(text[place + 1 : place + EXCERPT_LENGTH]),
        ),
    )


EXPECTED_JSON = f"one JSON value (RFC 8259), nested at most {MAX_DEPTH} levels deep"
EXPECTED_BODIES = {
    BodyFormat.JSON: ("the JSON", EXPECTED_JSON),
    BodyFormat.FORM: ("the form", "fields with their values, name=value&name=value"),
}
PARSE_ERRORS: dict[type[Exception], Callable[[bytes, Any], EnvelopeProblem]] = {
    UnicodeDecodeError: _explain_undecodable,
    json.JSONDecodeError: _explain_syntax,
}


def _explain_content(content: Any, vendor: Vendor, beginning: Excerpt) -> EnvelopeProblem:
    """Explain a JSON value that is no envelope: it is no object, or has no type, or else no payload.

    Of a list of events, explain the first one.
    """
    plan = envelope_plan(vendor)
    items = list_events(content, plan.batch)
    if items is not None and not 0 < len(items) <= MAX_EVENTS:
        expected, found = f"1 to {MAX_EVENTS:,} events", f"{len(items):,}"
        return EnvelopeProblem("the list of events", expected, found, beginning)
    event, root = items[0] if items else ListedEvent(content, Surroundings(content))
    if not isinstance(event, dict):
        keys = f"{describe_type_paths(plan)} and {describe_paths(plan.payload[:1])}"
        return EnvelopeProblem("the body", f"an object with {keys}", _describe_value(event), beginning)
    if not find_event_type(event, root, plan):
        example = next(iter(vendor.event_types), "")
        return EnvelopeProblem(
            f"the event's type, under {describe_type_paths(plan)}",
            f"a text that is not empty, such as {example!r}",
            _describe_path(event, root, plan.event_type[0][0]),
            beginning,
        )
    found = "; ".join(f"{path.place!r}: {_describe_path(event, root, path)}" for path in plan.payload)
    return EnvelopeProblem(
        f"the payload, under {describe_paths(plan.payload)}", "an object", found, beginning
    )


def _describe_path(event: dict[str, Any], root: Surroundings, path: Path) -> str:
    value = follow(event, path, root)
    if value is not ABSENT:
        return _describe_value(value)
    keys = ", ".join(repr(shorten(name, 40)) for name in list(event)[:MAX_KEYS])
    return f"missing; the body has {keys or 'no key'}{', …' if len(event) > MAX_KEYS else ''}"


def _describe_value(value: Any) -> str:
    """Return what kind of JSON value it is, with the value if it is short."""
    if isinstance(value, str):
        return f"the text {shorten(value, 40)!r}" if value else "an empty text"
    return JSON_NAMES.get(type(value), f"the number {shorten(str(value), 40)}")


def _beginning(body: bytes) -> Excerpt:
    return Excerpt("", "", _show(body[: 2 * EXCERPT_LENGTH]))


def _show(part: bytes) -> str:
    """Return a part of the body as text; what is no UTF-8 stands there as \\x and two digits."""
    return escape_invisible(part.decode(errors="backslashreplace"))
