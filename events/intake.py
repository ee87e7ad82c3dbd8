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
from events.models import Event, Source
from events.sources import VERSION

log = structlog.get_logger(__name__)

KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
MAX_HEADER_LENGTH = 1000

# With the source's id, and twice the version that it is to have, or null for any.
IS_CURRENT = f"source.id = %s AND (%s::text IS NULL OR (source.active AND {VERSION} = %s))"
INSERT = f"""
    INSERT INTO {Event._meta.db_table} (
        source_id, digest, body, headers, event_type, occurred_at, received_at, status, settled_at,
        warnings, error
    )
    SELECT source.id, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s::jsonb, %s
    FROM {Source._meta.db_table} source WHERE {IS_CURRENT}
    ON CONFLICT (source_id, digest) DO NOTHING
    RETURNING id
"""  # noqa: S608
FIND = f"""
    SELECT (SELECT id FROM {Event._meta.db_table} WHERE source_id = %s AND digest = %s),
        EXISTS (SELECT FROM {Source._meta.db_table} source WHERE {IS_CURRENT})
"""  # noqa: S608


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"


class Stale(Exception):
    """The source is not any more what the delivery was checked against."""


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
    Stale, and stores nothing, where it is not.
    """
    found, detail, fault = _read(body, source.vendor, received_at)
    digest = hashlib.sha256(body).digest()
    malformed = bool(detail)
    row = (
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
    event_id, is_new = _insert_or_find(row, digest, (source.id, version, version))
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


def _insert_or_find(
    row: tuple[Any, ...], digest: bytes, current: tuple[int, str | None, str | None]
) -> tuple[int, bool]:
    """The event's id and whether it is new; again if the one that stood in the way is just gone."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(INSERT, (*row, *current))
            if inserted := cursor.fetchone():
                return inserted[0], True
            cursor.execute(FIND, (current[0], digest, *current))
            event_id, is_current = cursor.fetchone()
            if not is_current:
                raise Stale
            if event_id is not None:
                return event_id, False
