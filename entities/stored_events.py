"""The values that events and entities exchange: a stored event, and the outcome of processing it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """The way by which an event came. All but a webhook's bytes are written by the mirror itself.

    Only the code that fetches or imports sets it: nothing in a body can.
    """

    WEBHOOK = "webhook"
    # A record that the vendor's API returned.
    API = "api"
    # A record of a file that the vendor exported.
    FILE = "file"
    # A record that a complete listing of the vendor's API lacked.
    LISTING = "listing"


class Verdict(StrEnum):
    """The result of processing an event."""

    APPLIED = "applied"
    IGNORED = "ignored"
    FAILED = "failed"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is stored.

    digest: the SHA-256 of `body`, in hex.
    origin: decides how the body is read.
    time_zone: the IANA name of the time zone of its source, or empty.
    """

    id: int
    source_id: int
    vendor: str
    digest: str
    body: bytes
    received_at: datetime
    time_zone: str
    origin: Origin = Origin.WEBHOOK


@dataclass(frozen=True, slots=True)
class ProcessingOutcome:
    """The result of processing one event, with the reasons.

    warnings: about values that could not be converted. error: why the event is not applied.
    retry: whether another attempt may succeed although nobody changes anything.
    event_type, occurred_at (in ISO 8601): from the envelope; None if it could not be read.
    scope: the id of the sub-account that the event is of; None if it is of none, or could not be read.
    """

    event_id: int
    verdict: Verdict
    warnings: tuple[str, ...] = ()
    error: str = ""
    retry: bool = False
    event_type: str | None = None
    occurred_at: str | None = None
    scope: str | None = None
