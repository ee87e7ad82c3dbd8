"""Takes in an event: its exact bytes, once, with what its envelope says. Deliveries and imports alike."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog

from entities.reading.envelope import UNSTORABLE, Envelope, Malformed, read_envelope
from entities.vendors import get_vendor
from events.ingest.insert import NewEvent, insert_event
from events.models import Event

log = structlog.get_logger(__name__)

KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
MAX_HEADER_LENGTH = 1000


class StoreResult(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"


class EventSource(Protocol):
    """The source of an event. `events.models.Source` is one."""

    @property
    def id(self) -> int: ...
    @property
    def vendor(self) -> str: ...


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """detail: why the event is malformed; else empty."""

    event_id: int
    outcome: StoreResult
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReadEnvelope:
    """What an event's envelope says; an empty one where `detail` says what is wrong with the body.

    fault: the error's class, where it is ours and not the sender's; else empty.
    """

    envelope: Envelope
    detail: str = ""
    fault: str = ""


def store_event(
    source: EventSource,
    body: bytes,
    headers: Mapping[str, str],
    received_at: datetime,
    version: str | None = None,
) -> StoredDelivery:
    """Stores the event unless the source has it already; committed on return, outside of a transaction.

    headers: case-insensitive. received_at: aware. version: what the source's is to be still; raises
    events.ingest.insert.SourceChanged, and stores nothing, where it is not. Raises what the database raises.
    """
    opened = _open(body, source.vendor, received_at)
    malformed = bool(opened.detail)
    inserted = insert_event(
        NewEvent(
            source_id=source.id,
            digest=hashlib.sha256(body).digest(),
            body=body,
            headers=select_headers(headers),
            event_type=opened.envelope.event_type,
            occurred_at=opened.envelope.occurred_at,
            received_at=received_at,
            status=Event.Status.MALFORMED if malformed else Event.Status.PENDING,
            settled_at=received_at if malformed else None,
            warnings=opened.envelope.warnings,
            error=opened.detail,
            version=version,
        )
    )
    if opened.fault:
        log.error("event_not_read", event_id=inserted.event_id, vendor=source.vendor, error=opened.fault)
    if not inserted.is_new:
        return StoredDelivery(inserted.event_id, StoreResult.DUPLICATE)
    return StoredDelivery(
        inserted.event_id, StoreResult.MALFORMED if malformed else StoreResult.ACCEPTED, opened.detail
    )


def select_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are stored with an event, as text that PostgreSQL takes."""
    values = ((name, headers.get(name, "")) for name in KEPT_HEADERS)
    return {name: UNSTORABLE.sub("\ufffd", value[:MAX_HEADER_LENGTH]) for name, value in values if value}


def _open(body: bytes, vendor: str, received_at: datetime) -> ReadEnvelope:
    nothing = Envelope("", received_at, {}, ())
    try:
        return ReadEnvelope(read_envelope(body, get_vendor(vendor), received_at))
    except Malformed as error:
        return ReadEnvelope(nothing, UNSTORABLE.sub("\ufffd", str(error)) or "malformed")
    except Exception as error:
        # Our mistake, or a vendor's module that is gone. The bytes are kept all the same: what is
        # malformed can be applied again once that is mended. The error's text may quote the body.
        fault = type(error).__name__
        return ReadEnvelope(nothing, f"not read: {fault}", fault)
