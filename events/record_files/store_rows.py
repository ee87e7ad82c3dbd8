"""Stores the records of a file as events, in batches, each of which is a transaction of its own.

Idempotent: a run that was cut goes on where it was if it is started again, since what is stored is not stored
again. So the time that counts must be the same in both runs, and is never that of the run.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction

from entities.reading.fetched.fetched_envelope import FetchedRecord
from events.ingest.store import EventSource, StoreResult
from events.ingest.store_fetched import store_fetched

# Rows a transaction: what a kill makes the next run read again, and the rows that are held in memory at once.
BATCH_ROWS = 500


@dataclass(frozen=True)
class StoredRows:
    """The counts of a batch: its rows, those that are new in the log, and the problems of bad ones."""

    rows: int
    stored: int
    problems: tuple[str, ...]


def store_rows(
    source: EventSource, records: Iterable[FetchedRecord], received_at: datetime
) -> Iterator[StoredRows]:
    """Store the records, and yield what became of each batch after its commit. received_at: aware."""
    left = iter(records)
    while batch := list(islice(left, BATCH_ROWS)):
        yield _store_batch(source, batch, received_at)


def _store_batch(source: EventSource, batch: Sequence[FetchedRecord], received_at: datetime) -> StoredRows:
    with transaction.atomic():
        stored = store_fetched(source, batch, received_at)
    new = sum(one.outcome is not StoreResult.DUPLICATE for one in stored)
    return StoredRows(len(batch), new, tuple(record.problem for record in batch if record.problem))
