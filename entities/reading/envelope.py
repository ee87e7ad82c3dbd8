"""Reads an event's bytes: JSON as RFC 8259 has it, in the vendor's envelope. Pure."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from entities.reading.converters import Unconvertible, parse_time
from entities.vendor_language import Vendor

MAX_DEPTH = 100
# Python refuses to read an integer of more than 4,300 digits; a Decimal takes any.
MAX_INTEGER_DIGITS = 4000
# How far ahead of its receipt an event's time may be.
MAX_AHEAD = timedelta(days=1)

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# How JSON may spell one; half of a pair, too, that is a character which can be stored.
ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class Malformed(ValueError):
    """The body is not JSON, or not an envelope of the vendor's; the message says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every event says, whatever it is about.

    occurred_at: aware, UTC; the receipt's time where the event's own is missing, unreadable or
        more than a day ahead of the receipt, which a warning then says.
    payload: numbers with a point are Decimal; no text in it has a NUL or a lone surrogate, which
        PostgreSQL does not store: U+FFFD stands in their place.
    """

    event_type: str
    occurred_at: datetime
    payload: dict[str, Any]
    warnings: tuple[str, ...]


def read_envelope(body: bytes, vendor: Vendor, received_at: datetime) -> Envelope:
    """The envelope in `body`. Raises Malformed."""
    content = parse_json(body)
    if not isinstance(content, dict):
        raise Malformed(f"not an envelope: the body is {_kind(content)}, an object is expected")
    event_type = content.get(vendor.type_key)
    if not isinstance(event_type, str) or not event_type:
        raise Malformed(f"not an envelope: no event type under {vendor.type_key!r}")
    payload = next(
        (found for key in vendor.payload_keys if isinstance(found := content.get(key), dict)), None
    )
    if payload is None:
        keys = " or ".join(map(repr, vendor.payload_keys))
        raise Malformed(f"not an envelope: no object under {keys}")
    occurred_at, warnings = _event_time(content.get(vendor.time_key), received_at)
    return Envelope(event_type, occurred_at, payload, warnings)


def parse_json(body: bytes) -> Any:
    """The JSON value in `body`. Raises Malformed."""
    try:
        text = body.decode(json.detect_encoding(body))
        content = DECODER.decode(text)
    except RecursionError:
        raise Malformed(f"not read: nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper_than(content, MAX_DEPTH):
        raise Malformed(f"not read: nested deeper than {MAX_DEPTH} levels")
    return _storable(content) if ESCAPED.search(text) else content


def _event_time(value: object, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    received_at = received_at.astimezone(UTC)
    if value is None:
        return received_at, ("no event time: the time of receipt counts",)
    try:
        occurred_at = parse_time(value)
    except Unconvertible as error:
        return received_at, (f"event time: {error}; the time of receipt counts",)
    if occurred_at > received_at + MAX_AHEAD:
        return received_at, (
            f"event time {occurred_at.isoformat()} is ahead of its receipt; the time of receipt counts",
        )
    return occurred_at, ()


def _integer(literal: str) -> int | Decimal:
    return int(literal) if len(literal) <= MAX_INTEGER_DIGITS else Decimal(literal)


def _number(literal: str) -> Decimal | str:
    """The number; as text where its exponent is beyond any Decimal's."""
    try:
        return Decimal(literal)
    except InvalidOperation:
        return literal


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _deeper_than(content: object, limit: int) -> bool:
    """Walks level by level, so that its own depth does not grow with the content's."""
    level = [content]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
    return bool(level)


def _children(parent: object) -> list[Any]:
    children = parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def _storable(content: Any) -> Any:
    """The same content with U+FFFD for each character that PostgreSQL does not store."""
    if isinstance(content, str):
        return UNSTORABLE.sub("\ufffd", content)
    if isinstance(content, list):
        return [_storable(item) for item in content]
    if isinstance(content, dict):
        return {_storable(key): _storable(value) for key, value in content.items()}
    return content


DECODER = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=_refuse)
