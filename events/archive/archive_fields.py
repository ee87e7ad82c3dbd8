"""The fields of an event in an archive: how each is written as JSON, and what it may hold when it is read.

Pure. A reader raises `Unreadable`, whose text says what is wrong with the value.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entities.reading.envelopes.strict_json import UNSTORABLE
from entities.stored_events import Origin
from events.models import Event

# Here, since a field of Django's choices makes the list anew for each event.
STATUSES = tuple(Event.Status.values)
ORIGINS = tuple(origin.value for origin in Origin)
# PostgreSQL's integer.
MAX_ATTEMPTS_READ = 2**31 - 1


class Unreadable(ValueError):
    """A value is not what its field may hold."""


@dataclass(frozen=True)
class FieldFormat:
    """A kind of field. write: the value to JSON. read: JSON to the value; raises Unreadable."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def write_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def read_bytes(value: Any) -> bytes:
    text = read_text(value)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("is not base64") from None


def read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable("is not a text")
    if UNSTORABLE.search(value):
        raise Unreadable("has a character that PostgreSQL cannot store")
    return value


def read_time(value: Any) -> datetime:
    text = read_text(value)
    try:
        moment = datetime.fromisoformat(text)
        is_aware, moment_in_utc = moment.tzinfo is not None, moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("is not a time in ISO 8601") from None
    if not is_aware:
        raise Unreadable("is a time without an offset from UTC")
    return moment_in_utc


def read_status(value: Any) -> str:
    if value not in STATUSES:
        raise Unreadable(f"is none of {', '.join(STATUSES)}")
    return str(value)


def read_origin(value: Any) -> str:
    if value not in ORIGINS:
        raise Unreadable(f"is none of {', '.join(ORIGINS)}")
    return str(value)


def read_attempts(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_ATTEMPTS_READ:
        raise Unreadable("is not a number of attempts")
    return value


def read_headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Unreadable("is not an object of texts")
    return {read_text(name): read_text(text) for name, text in value.items()}


def read_warnings(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Unreadable("is not an array of texts")
    return [read_text(text) for text in value]


def optional(one: FieldFormat) -> FieldFormat:
    """Return the format of a field that may be null."""
    return FieldFormat(
        lambda value: None if value is None else one.write(value),
        lambda value: None if value is None else one.read(value),
    )


def as_it_is(value: Any) -> Any:
    return value


BYTES = FieldFormat(write_bytes, read_bytes)
TEXT = FieldFormat(as_it_is, read_text)
TIME = FieldFormat(datetime.isoformat, read_time)
# The fields of an event, in the order in which they are written. Except for `source`, the slug, they are the
# columns of the log.
EVENT_FIELDS = {
    "source": TEXT,
    "received_at": TIME,
    "body": BYTES,
    "headers": FieldFormat(as_it_is, read_headers),
    "event_type": TEXT,
    "occurred_at": TIME,
    "scope": optional(TEXT),
    "status": FieldFormat(as_it_is, read_status),
    "warnings": FieldFormat(as_it_is, read_warnings),
    "error": TEXT,
    "attempts": FieldFormat(as_it_is, read_attempts),
    "next_attempt_at": optional(TIME),
    "settled_at": optional(TIME),
    "reapplied_at": optional(TIME),
    "origin": FieldFormat(as_it_is, read_origin),
}
# Of fields that archives of version 1 lack.
DEFAULTS = {"origin": Origin.WEBHOOK.value}
