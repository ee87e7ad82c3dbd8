"""Stores records that were fetched or imported as events, in the caller's transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crmmirror.lib.database.cursors import fetch_rows
from entities.reading.fetched.fetched_envelope import FetchedRecord, encode_fetched
from entities.stored_events import Origin
from events.ingest.new_event import EVENT_COLUMNS, encode_rows
from events.ingest.store import EnvelopeReading, EventSource, StoreResult, is_settled_at_once, read_body
from events.models import Event

LOG = Event._meta.db_table
COLUMN_TYPES = EVENT_COLUMNS | {"origin": "text"}
# In the order of the unique key, so that no two transactions wait for each other (deadlock).
INSERT = f"""
    INSERT INTO {LOG} ({", ".join(COLUMN_TYPES)})
    SELECT {", ".join(COLUMN_TYPES)}
    FROM json_to_recordset(%s::json) AS incoming ({", ".join(map(" ".join, COLUMN_TYPES.items()))})
    ORDER BY source_id, digest ON CONFLICT (source_id, digest) DO NOTHING RETURNING digest, id
"""
FIND = f"SELECT digest, id, origin FROM {LOG} WHERE source_id = %s AND digest = ANY(%s)"
# JSON may end in white space.
PADDING = b" "


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """The event of a fetched record, and the outcome. detail: why it is malformed; else empty."""

    event_id: int
    outcome: StoreResult
    detail: str = ""


def store_fetched(
    source: EventSource, records: Sequence[FetchedRecord], received_at: datetime
) -> list[StoredRecord]:
    """Store each record as an event, unless its source has that event; return their places in this order.

    Call it in a transaction, and wake the workers after its commit. received_at: aware. Raises whatever the
    database raises, and entities.vendors.UnusableVendor.
    """
    bodies = [(record, encode_fetched(record)) for record in records]
    return _store_bodies(source, bodies, received_at)


def _store_bodies(
    source: EventSource, bodies: Sequence[tuple[FetchedRecord, bytes]], received_at: datetime
) -> list[StoredRecord]:
    digests = [hashlib.sha256(body).digest() for _, body in bodies]
    readings = [read_body(body, source.vendor, received_at, record.origin) for record, body in bodies]
    rows = {
        digest: _make_row(source, digest, record, body, received_at, reading)
        for digest, (record, body), reading in zip(digests, bodies, readings, strict=True)
    }
    new = {bytes(digest): id for digest, id in fetch_rows(INSERT, encode_rows(list(rows.values())))}
    held = [digest for digest in rows if digest not in new]
    found = {bytes(digest): (id, origin) for digest, id, origin in fetch_rows(FIND, source.id, held)}
    stored = []
    for digest, (record, body), reading in zip(digests, bodies, readings, strict=True):
        if digest in new:
            outcome = StoreResult.MALFORMED if reading.detail else StoreResult.ACCEPTED
            stored.append(StoredRecord(new.pop(digest), outcome, reading.detail))
            found[digest] = (stored[-1].event_id, record.origin)
        elif found[digest][1] == Origin.WEBHOOK:
            # Whoever can sign has delivered the bytes that the mirror would write. They must not keep the
            # record out, so that it gets other bytes with the same meaning.
            stored += _store_bodies(source, [(record, body + PADDING)], received_at)
        else:
            stored.append(StoredRecord(found[digest][0], StoreResult.DUPLICATE))
    return stored


def _make_row(
    source: EventSource,
    digest: bytes,
    record: FetchedRecord,
    body: bytes,
    received_at: datetime,
    reading: EnvelopeReading,
) -> dict[str, object]:
    is_settled = is_settled_at_once(reading)
    return {
        "source_id": source.id,
        "digest": digest,
        "body": body,
        "headers": dict(record.headers),
        "event_type": reading.envelopes.event_type,
        "occurred_at": reading.envelopes.occurred_at,
        "received_at": received_at,
        "status": Event.Status.MALFORMED if is_settled else Event.Status.PENDING,
        "settled_at": received_at if is_settled else None,
        "warnings": reading.envelopes.warnings,
        "error": reading.detail,
        "origin": record.origin,
    }
