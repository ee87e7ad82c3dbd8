"""Stores an event: its exact bytes, once, with what its envelope says. Deliveries and imports alike."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import structlog
from django.db import connection

from entities import envelope, vendors
from entities.envelope import UNSTORABLE, Envelope, Malformed
from events.models import Event

log = structlog.get_logger(__name__)

KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
MAX_HEADER_LENGTH = 1000

INSERT = f"""
    INSERT INTO {Event._meta.db_table} (
        source_id, digest, body, headers, event_type, occurred_at, received_at, status, settled_at,
        warnings, error
    )
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source_id, digest) DO NOTHING
    RETURNING id
"""  # noqa: S608
FIND = f"SELECT id FROM {Event._meta.db_table} WHERE source_id = %s AND digest = %s"  # noqa: S608


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


def store(source: FromVendor, body: bytes, headers: Mapping[str, str], received_at: datetime) -> Stored:
    """Stores the event unless the source has it already; committed on return, outside of a transaction.

    headers: case-insensitive. received_at: aware.
    """
    found, detail, fault = _read(body, source.vendor, received_at)
    digest = hashlib.sha256(body).digest()
    malformed = bool(detail)
    row = (
        source.id,
        digest,
        body,
        json.dumps(kept(headers)),
        found.event_type,
        found.occurred_at,
        received_at,
        Event.Status.MALFORMED if malformed else Event.Status.PENDING,
        received_at if malformed else None,
        json.dumps(found.warnings),
        detail,
    )
    event_id, is_new = _insert_or_find(row, source.id, digest)
    if fault:
        log.error("event_not_read", event_id=event_id, vendor=source.vendor, error=fault)
    if not is_new:
        return Stored(event_id, Outcome.DUPLICATE)
    return Stored(event_id, Outcome.MALFORMED if malformed else Outcome.ACCEPTED, detail)


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


def _insert_or_find(row: tuple[Any, ...], source_id: int, digest: bytes) -> tuple[int, bool]:
    """The event's id and whether it is new; again if the one that stood in the way is just gone."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(INSERT, row)
            if inserted := cursor.fetchone():
                return inserted[0], True
            cursor.execute(FIND, (source_id, digest))
            if stored := cursor.fetchone():
                return stored[0], False
