"""A new event, and how it travels to PostgreSQL: all events of a group as one JSON parameter.

With one parameter the statements stay the same for every size of a group, and the server plans them once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import orjson

# Column of the log -> its PostgreSQL type, for every column that a new event fills. The SQL of `insert` and
# the JSON below are derived from it. PostgreSQL casts each JSON value to the type.
EVENT_COLUMNS = {
    "source_id": "bigint",
    "digest": "bytea",
    "body": "bytea",
    "headers": "jsonb",
    "event_type": "text",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "status": "text",
    "settled_at": "timestamptz",
    "warnings": "jsonb",
    "error": "text",
}
# What the statements read of an event: its columns, and the version of its source.
INPUT_TYPES = EVENT_COLUMNS | {"version": "text"}


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A new row of the log: EVENT_COLUMNS, with the meaning of the fields of `events.models.Event`.

    digest: SHA-256 of the body. occurred_at, received_at, settled_at: aware; settled_at is None if a worker
        is to settle the event. error: why the event is malformed; else empty.
    version: the version that the source must still have (`events.sources.lookup.ActiveSource`); None for any.
    """

    source_id: int
    digest: bytes
    body: bytes
    headers: dict[str, str]
    event_type: str
    occurred_at: datetime
    received_at: datetime
    status: str
    settled_at: datetime | None
    warnings: Sequence[str]
    error: str
    version: str | None


def encode_events(events: Sequence[NewEvent]) -> str:
    """Return the JSON parameter that carries these events."""
    return encode_rows([dict(zip(INPUT_TYPES, _input_values(event), strict=True)) for event in events])


def encode_rows(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the JSON parameter that carries these rows, each by column."""
    return orjson.dumps(rows, _encode_value, orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _encode_value(value: bytes | datetime) -> str:
    """Write a value that JSON has no type for as PostgreSQL reads it: hexadecimal bytea, ISO 8601 times."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value.isoformat()


_input_values = attrgetter(*INPUT_TYPES)
