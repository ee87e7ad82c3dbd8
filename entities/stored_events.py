"""What crosses the border between the log of events and the records: values, no behaviour."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    IGNORED = "ignored"
    FAILED = "failed"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the log holds it. `digest` is the SHA-256 of `body` in hex."""

    id: int
    source_id: int
    vendor: str
    digest: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessingOutcome:
    """What became of one event, and why.

    retry: whether a later try may end otherwise without anybody changing anything.
    event_type, occurred_at: what the envelope says, in ISO 8601; None where it was not read.
    """

    event_id: int
    verdict: Verdict
    warnings: tuple[str, ...] = ()
    error: str = ""
    retry: bool = False
    event_type: str | None = None
    occurred_at: str | None = None
