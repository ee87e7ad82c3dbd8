"""Stores an event, from a delivery or an import: its exact bytes, once, and what its envelope says."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog

from entities.reading.envelopes.envelope import Envelope, Envelopes
from entities.reading.envelopes.strict_json import UNSTORABLE, Malformed
from entities.reading.fetched.fetched_envelope import read_any_envelopes
from entities.stored_events import Origin
from entities.vendors import UnusableVendor, get_vendor, require_current
from events.ingest.insert import InsertedEvent, insert_event
from events.ingest.new_event import NewEvent
from events.models import Event
from events.withholding.mark_store import read_generation

log = structlog.get_logger(__name__)

STORED_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
MAX_HEADER_LENGTH = 1000
REPLACEMENT_CHARACTER = "\ufffd"


class StoreResult(StrEnum):
    """The outcome of storing an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"


class EventSource(Protocol):
    """The fields of a source that storing an event needs. `events.models.Source` has them."""

    @property
    def id(self) -> int: ...
    @property
    def vendor(self) -> str: ...


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """The event of a delivery, and the outcome. detail: why the event is malformed; else empty."""

    event_id: int
    outcome: StoreResult
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EnvelopeReading:
    """The envelopes of a body; an empty one if the body is malformed.

    detail: why the body is malformed; else empty.
    fault: the class of the error, if this code is at fault and not the sender; else empty.
    """

    envelopes: Envelopes
    detail: str = ""
    fault: str = ""


def store_event(
    source: EventSource,
    body: bytes,
    headers: Mapping[str, str],
    received_at: datetime,
    version: str | None = None,
) -> StoredDelivery:
    """Store the event unless its source has it already; committed on return, unless in a transaction.

    headers: case-insensitive. received_at: aware. version: the version that the source must still have; else
    nothing is stored, and events.ingest.insert.SourceChanged is raised. Raises whatever the database raises,
    and entities.vendors.UnusableVendor: without the vendor's present module, what is malformed is not known.
    """
    reading = read_body(body, source.vendor, received_at, Origin.WEBHOOK)
    event = _make_event(source.id, body, headers, received_at, version, reading)
    inserted = insert_event(event)
    if reading.fault:
        log.error("event_not_read", event_id=inserted.event_id, vendor=source.vendor, error=reading.fault)
    return _describe(inserted, reading)


def select_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are stored with an event, as text that PostgreSQL accepts."""
    values = ((name, headers.get(name, "")) for name in STORED_HEADERS)
    return {name: _to_storable_text(value[:MAX_HEADER_LENGTH]) for name, value in values if value}


def read_body(body: bytes, vendor: str, received_at: datetime, origin: Origin) -> EnvelopeReading:
    """Read the envelopes of a body that came in this way. Raises UnusableVendor."""
    empty = Envelopes((Envelope("", received_at, {}, ()),))
    try:
        return EnvelopeReading(read_any_envelopes(body, get_vendor(vendor), received_at, origin))
    except UnusableVendor:
        raise
    except Malformed as error:
        require_current(vendor)
        return EnvelopeReading(empty, _to_storable_text(str(error)) or "malformed")
    except Exception as error:
        # A bug here. The bytes are stored all the same, so that the event can be applied once that is fixed.
        # The error's text may quote the body: keep only its class.
        fault = type(error).__name__
        return EnvelopeReading(empty, f"not read: {fault}", fault)


def is_settled_at_once(reading: EnvelopeReading) -> bool:
    """Return True if an event is malformed, and settled as it is stored.

    Once somebody was erased, a worker looks whether the body names him, and only then settles the event.
    """
    return bool(reading.detail) and not read_generation()


def _make_event(
    source_id: int,
    body: bytes,
    headers: Mapping[str, str],
    received_at: datetime,
    version: str | None,
    reading: EnvelopeReading,
) -> NewEvent:
    is_settled = is_settled_at_once(reading)
    return NewEvent(
        source_id=source_id,
        digest=hashlib.sha256(body).digest(),
        body=body,
        headers=select_headers(headers),
        event_type=reading.envelopes.event_type,
        occurred_at=reading.envelopes.occurred_at,
        received_at=received_at,
        status=Event.Status.MALFORMED if is_settled else Event.Status.PENDING,
        settled_at=received_at if is_settled else None,
        warnings=reading.envelopes.warnings,
        error=reading.detail,
        version=version,
    )


def _describe(inserted: InsertedEvent, reading: EnvelopeReading) -> StoredDelivery:
    if not inserted.is_new:
        return StoredDelivery(inserted.event_id, StoreResult.DUPLICATE)
    outcome = StoreResult.MALFORMED if reading.detail else StoreResult.ACCEPTED
    return StoredDelivery(inserted.event_id, outcome, reading.detail)


def _to_storable_text(text: str) -> str:
    """Replace the characters that PostgreSQL cannot store, such as NUL and lone surrogates."""
    return UNSTORABLE.sub(REPLACEMENT_CHARACTER, text)
