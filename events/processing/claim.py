"""Claims a batch of pending events for one worker.

A claim is a row lock: it ends with the transaction, so a worker that dies gives its claim back.
"""

from collections.abc import Iterable

from crmmirror.lib.database.cursors import fetch_rows
from entities.stored_events import Origin, StoredEvent

MAX_BATCH_EVENTS = 1_000
MAX_BATCH_BYTES = 8 * 1024 * 1024

# What is pending with a time of its next attempt is set aside (see `events.withholding`).
# SKIP LOCKED: workers skip each other's claims, so that none waits for another.
CLAIM = """
    SELECT id, octet_length(body) FROM events_event
    WHERE status = 'pending' AND next_attempt_at IS NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
READ_EVENTS = """
    SELECT event.id, source_id, vendor, encode(digest, 'hex'), body, received_at, time_zone, origin
    FROM events_event event JOIN events_source source ON source.id = source_id
    WHERE event.id = ANY(%s) ORDER BY event.id
"""


def claim_batch() -> list[StoredEvent]:
    """Claim the oldest pending events that no worker has claimed; return them in the order of receipt.

    Call it within a transaction: its end releases the claim.
    """
    return read_events(limit_bytes(fetch_rows(CLAIM, MAX_BATCH_EVENTS)))


def read_events(ids: Iterable[int]) -> list[StoredEvent]:
    """Read these events, in the order of their ids."""
    rows = fetch_rows(READ_EVENTS, list(ids))
    return [StoredEvent(*(*row[:-1], Origin(row[-1]))) for row in rows]


def limit_bytes(sizes: Iterable[tuple[int, int]]) -> Iterable[int]:
    """Yield the first ids whose bodies fit into MAX_BATCH_BYTES together; at least one, however large.

    sizes: pairs of an event's id and the bytes of its body.
    """
    total = 0
    for id, size in sizes:
        if total and total + size > MAX_BATCH_BYTES:
            return
        total += size
        yield id
