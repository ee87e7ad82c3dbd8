"""Builds the body of an event, and maps it without a database."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entities.generator.envelope_writer import wrap_payload
from entities.merge.clock import Rank, parse_clock
from entities.merge.registers import timeline_values
from entities.reading import mapper
from entities.reading.envelopes.body_formats import write_body
from entities.reading.mapped_event import MappedEvent, RecordKey
from entities.stored_events import StoredEvent
from entities.vendors import get_vendor

RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
TIME = "2025-01-15T10:30:00Z"
LEAD, DEAL, CLIENT = "lead", "deal", "client"


@dataclass(frozen=True)
class ReadEvent:
    """The writes of one event to each record.

    own: those at the event's own rank; copies: those at the rank of copies.
    """

    own: dict[RecordKey, dict[str, Any]]
    copies: dict[RecordKey, dict[str, Any]]
    warnings: tuple[str, ...]


def build_body(vendor: str, event_type: str, payload: Any, timestamp: Any = TIME) -> bytes:
    """Build the body of an event in its vendor's envelope."""
    row = get_vendor(vendor)
    return write_body(wrap_payload(row, event_type, payload, timestamp), row.body_format, escapes=True)


def map_body(vendor: str, body: bytes, time_zone: str = "") -> MappedEvent:
    """Map a body that was received at RECEIVED, from a source of this time zone."""
    return mapper.map_event(
        StoredEvent(1, 1, vendor, hashlib.sha256(body).hexdigest(), body, RECEIVED, time_zone)
    )


def read_event(vendor: str, event_type: str, payload: Any) -> ReadEvent:
    """Map an event; return its writes, as the timeline shows them."""
    mapped = map_body(vendor, build_body(vendor, event_type, payload))
    own: dict[RecordKey, dict[str, Any]] = {}
    copies: dict[RecordKey, dict[str, Any]] = {}
    for statement in mapped.statements:
        writes = copies if parse_clock(statement.clock).rank is Rank.COPY else own
        writes[statement.key] = timeline_values(statement.writes)
    return ReadEvent(own, copies, mapped.warnings)


def read_own_writes(vendor: str, event_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what an event writes to its own record, without `exists`."""
    (writes,) = read_event(vendor, event_type, {"id": "x1"} | payload).own.values()
    return {name: value for name, value in writes.items() if name != "exists"}
