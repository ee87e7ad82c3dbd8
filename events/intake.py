"""Takes in an event: its exact bytes, once, with what its envelope says. Deliveries and imports alike."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog

from entities import envelope, vendors
from entities.envelope import UNSTORABLE, Envelope, Malformed
from events import insertion
from events.insertion import Incoming
from events.models import Event

log = structlog.get_logger(__name__)

KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
MAX_HEADER_LENGTH = 1000


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"


class FromVendor(Protocol):
    """The source of an event. `events.models.Source` is one."""

    @property
    def id(self) -> int: ...
    @property
    def vendor(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """detail: why the event is malformed; else empty."""

    event_id: int
    outcome: Outcome
    detail: str = ""


def store(
    source: FromVendor,
    body: bytes,
    headers: Mapping[str, str],
    received_at: datetime,
    version: str | None = None,
) -> Stored:
    """Stores the event unless the source has it already; committed on return, outside of a transaction.

    headers: case-insensitive. received_at: aware. version: what the source's is to be still; raises
    events.insertion.Stale, and stores nothing, where it is not.
    """
    found, detail, fault = _read(body, source.vendor, received_at)
    malformed = bool(detail)
    inserted = insertion.insert(
        Incoming(
            source_id=source.id,
            digest=hashlib.sha256(body).digest(),
            body=body,
            headers=kept(headers),
            event_type=found.event_type,
            occurred_at=found.occurred_at,
            received_at=received_at,
            status=Event.Status.MALFORMED if malformed else Event.Status.PENDING,
            settled_at=received_at if malformed else None,
            warnings=found.warnings,
            error=detail,
            version=version,
        )
    )
    if fault:
        log.error("event_not_read", event_id=inserted.event_id, vendor=source.vendor, error=fault)
    if not inserted.is_new:
        return Stored(inserted.event_id, Outcome.DUPLICATE)
    return Stored(inserted.event_id, Outcome.MALFORMED if malformed else Outcome.ACCEPTED, detail)


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are stored with an event, as text that PostgreSQL takes."""
    values = ((name, headers.get(name, "")) for name in KEPT_HEADERS)
    return {name: UNSTORABLE.sub("\ufffd", value[:MAX_HEADER_LENGTH]) for name, value in values if value}


def _read(body: bytes, vendor: str, received_at: datetime) -> tuple[Envelope, str, str]:
    """The envelope, or an empty one and the detail of what is wrong with the body; our own fault, if any."""
    fault = ""
    try:
        return envelope.read(body, vendors.get(vendor), received_at), "", fault
    except Malformed as error:
        detail = UNSTORABLE.sub("\ufffd", str(error)) or "malformed"
    except Exception as error:
        # Our mistake, or a vendor's module that is gone. The bytes are kept all the same: what is
        # malformed can be applied again once that is mended. The error's text may quote the body.
        fault = type(error).__name__
        detail = f"not read: {fault}"
    return Envelope("", received_at, {}, ()), detail, fault
