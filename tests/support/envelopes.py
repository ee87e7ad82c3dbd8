"""Reads a made-up event without a database, for the tests of the mapping."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entities.merge.clock import Rank, parse_clock
from entities.merge.registers import timeline_values
from entities.reading import mapper
from entities.reading.mapped_event import MappedEvent, RecordKey
from entities.stored_events import StoredEvent
from entities.vendors import get_vendor

RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
TIME = "2025-01-15T10:30:00Z"
LEAD, DEAL, CLIENT = "lead", "deal", "client"


@dataclass(frozen=True)
class Read:
    """own, copies: what the event says of records at its own rank and at that of copies."""

    own: dict[RecordKey, dict[str, Any]]
    copies: dict[RecordKey, dict[str, Any]]
    warnings: tuple[str, ...]


def body(vendor: str, event_type: str, payload: Any, timestamp: Any = TIME) -> bytes:
    described = get_vendor(vendor)
    content = {
        described.type_key: event_type,
        described.time_key: timestamp,
        described.payload_keys[0]: payload,
    }
    return json.dumps(content).encode()


def mapped(vendor: str, body: bytes) -> MappedEvent:
    return mapper.map_event(StoredEvent(1, 1, vendor, hashlib.sha256(body).hexdigest(), body, RECEIVED))


def read(vendor: str, event_type: str, payload: Any) -> Read:
    found = mapped(vendor, body(vendor, event_type, payload))
    own: dict[RecordKey, dict[str, Any]] = {}
    copies: dict[RecordKey, dict[str, Any]] = {}
    for said in found.statements:
        (copies if parse_clock(said.clock).rank is Rank.COPY else own)[said.key] = timeline_values(
            said.writes
        )
    return Read(own, copies, found.warnings)


def written(vendor: str, event_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What the event writes to its own record, but for `exists`."""
    (writes,) = read(vendor, event_type, {"id": "x1"} | payload).own.values()
    return {name: value for name, value in writes.items() if name != "exists"}
