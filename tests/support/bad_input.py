"""Bodies of a broken sender, made out of a vendor's samples: lists for objects, empty lists, many events."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entities.reading.envelopes.envelope import read_envelopes
from entities.vendors import get_vendor
from tests.support.samples import list_vendor_samples

MANY = 100_000
# Deeper is no JSON to the mirror, and malformed.
LEVELS = 40

_RECEIVED = datetime(2026, 6, 1, tzinfo=UTC)
Change = Callable[[Any], Any]


@dataclass(frozen=True)
class BadInput:
    """One kind of body.

    make: the vendor's name -> the body. statuses: what the event may become; none if its answer is 413.
    """

    make: Callable[[str], bytes]
    statuses: frozenset[str]


def sample_content(vendor: str) -> Any:
    """Return the JSON value of a vendor's first sample that has one event."""
    samples = (path.read_bytes() for path in list_vendor_samples(vendor))
    return json.loads(next(body for body in samples if _count_events(vendor, body) == 1))


def change_values(content: Any, change: Change) -> Any:
    """Return the content with every value changed, the inner ones first."""
    if isinstance(content, dict):
        return change({key: change_values(value, change) for key, value in content.items()})
    if isinstance(content, list):
        return change([change_values(item, change) for item in content])
    return change(content)


def _count_events(vendor: str, body: bytes) -> int:
    return len(read_envelopes(body, get_vendor(vendor), _RECEIVED).events)


def _in_payload(vendor: str, change: Change) -> bytes:
    """Return the sample with its payload changed."""
    content = sample_content(vendor)
    (envelope,) = read_envelopes(_encode(content), get_vendor(vendor), _RECEIVED).events
    return _encode(
        change_values(content, lambda value: change(value) if value == envelope.payload else value)
    )


def _replace_all(kind: type, replacement: Any) -> Change:
    """Return a change that replaces all values of a kind inside a payload."""

    def change(payload: Any) -> Any:
        return {
            key: change_values(value, lambda inner: replacement if isinstance(inner, kind) else inner)
            for key, value in payload.items()
        }

    return change


def _lists_for_objects(vendor: str) -> bytes:
    content = sample_content(vendor)
    event = content[0] if isinstance(content, list) else content
    changed = {key: [value] if isinstance(value, dict) else value for key, value in event.items()}
    changed |= {"customFields": [[]], "contact": [["x"]], "stage": [1]}
    return _encode([changed] if isinstance(content, list) else changed)


def _many_events(vendor: str) -> bytes:
    """Return more than a source accepts by default, 2 MB."""
    return b"[" + b",".join([b'{"id": "an event"}'] * MANY) + b"]"


def _good_event_and_many_others(vendor: str) -> bytes:
    return b"[" + json.dumps(_one_event(vendor)).encode() + b",0" * (MANY - 1) + b"]"


def _one_event(vendor: str) -> Any:
    content = sample_content(vendor)
    return content[0] if isinstance(content, list) else content


def _nested_arrays(vendor: str) -> bytes:
    nested: Any = []
    for _ in range(LEVELS):
        nested = [nested]
    return _in_payload(vendor, lambda payload: payload | {"name": nested, "email": nested, "unknown": nested})


def _arrays_around(vendor: str) -> bytes:
    return _encode([[[_one_event(vendor)]]])


def _untyped_among_good(vendor: str) -> bytes:
    return _encode([_one_event(vendor), {"id": "x"}, _one_event(vendor) | {"again": 1}])


def _encode(content: Any) -> bytes:
    return json.dumps(content).encode()


READ = frozenset({"applied"})
UNREAD = frozenset({"malformed"})
NOT_STORED: frozenset[str] = frozenset()
LISTED = READ | UNREAD
"""A vendor that sends lists has the good ones applied; to one that does not, a list is no event."""

BAD_INPUTS: dict[str, BadInput] = {
    "paths that lead nowhere": BadInput(lambda vendor: _in_payload(vendor, _replace_all(dict, 1)), READ),
    "indexes out of range": BadInput(lambda vendor: _in_payload(vendor, _replace_all(list, [])), READ),
    # A flat body is read all the same; but the list may be what had the record's id.
    "lists where objects are expected": BadInput(_lists_for_objects, LISTED | {"failed"}),
    "100,000 events": BadInput(_many_events, NOT_STORED),
    "a good event and 99,999 numbers": BadInput(_good_event_and_many_others, LISTED),
    "nested arrays in an event": BadInput(_nested_arrays, READ),
    "arrays around an event": BadInput(_arrays_around, UNREAD),
    "an event without a type among good ones": BadInput(_untyped_among_good, LISTED),
}
"""Bodies by what is wrong with them."""
