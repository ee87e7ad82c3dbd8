"""Refused deliveries that staff can see: counted all, by source, reason and hour; a few of them kept.

A request only notes its refusal in memory. A thread writes what was noted, at most once a second: one
upsert for the counts, so that any number of processes add up, and of the refusals a sample that is
bounded for each source and reason, by the minute in memory and in all in the table. So a stranger who
floods the endpoint costs the database one small transaction a second and no room. While the database
is away the counts wait in memory; a process that is killed leaves out its last second.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from crmmirror.lib.client_address import client_address
from crmmirror.lib.content_length import announced_bytes
from crmmirror.lib.debouncer import Debouncer
from events.models import Refusal, RefusalCount, Source
from events.refusals.reasons import Refused

log = structlog.get_logger(__name__)

WRITE_INTERVAL_SECONDS = 1.0
# Of each source and reason: the refusals that one process samples in a minute, and the table keeps.
MAX_SAMPLES_A_MINUTE = 5
MAX_STORED_SAMPLES = 100
COUNT_RETENTION = timedelta(days=90)
# What one process holds at most while the database is away.
MAX_COUNTS = 10_000
MAX_SAMPLES = 1_000

COUNT_TABLE = RefusalCount._meta.db_table
SAMPLE_TABLE = Refusal._meta.db_table
# A source that is gone by now is passed over: what was counted of it is gone too.
SOURCE_EXISTS = f"(noted.source_id IS NULL OR noted.source_id IN (SELECT id FROM {Source._meta.db_table}))"
ADD_COUNTS = f"""
    INSERT INTO {COUNT_TABLE} AS counted (source_id, reason, hour, count)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[])
        AS noted (source_id, reason, hour, count)
    WHERE {SOURCE_EXISTS}
    ORDER BY coalesce(source_id, 0), reason, hour
    ON CONFLICT (coalesce(source_id, 0), reason, hour) DO UPDATE SET count = counted.count + excluded.count
"""
INSERT_SAMPLES = f"""
    INSERT INTO {SAMPLE_TABLE} (source_id, reason, detail, refused_at, remote_address, size)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::inet[], %s::bigint[])
        AS noted (source_id, reason, detail, refused_at, remote_address, size)
    WHERE {SOURCE_EXISTS}
"""
# Whoever adds a sample has added to its count before, and so waits here for nobody.
DELETE_OLD_SAMPLES = f"""
    DELETE FROM {SAMPLE_TABLE} AS sample
    USING (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[])) AS noted (source_id, reason)
    WHERE coalesce(sample.source_id, 0) = coalesce(noted.source_id, 0) AND sample.reason = noted.reason
        AND sample.id <= (
            SELECT id FROM {SAMPLE_TABLE} AS kept
            WHERE coalesce(kept.source_id, 0) = coalesce(noted.source_id, 0) AND kept.reason = noted.reason
            ORDER BY id DESC OFFSET %s LIMIT 1
        )
"""
DELETE_OLD_COUNTS = f"DELETE FROM {COUNT_TABLE} WHERE hour < %s"


@dataclass(frozen=True, slots=True)
class CountKey:
    source_id: int | None
    reason: str
    hour: datetime


@dataclass(frozen=True, slots=True)
class RefusalSample:
    """A refusal as it is kept; the fields of `events.models.Refusal`."""

    source_id: int | None
    reason: str
    detail: str
    refused_at: datetime
    remote_address: str | None
    size: int | None


class RefusalBuffer:
    """What this process has refused and not written yet."""

    def __init__(self) -> None:
        self.start_over()
        os.register_at_fork(after_in_child=self.start_over)

    def start_over(self) -> None:
        """What was noted before a fork is the parent's to write."""
        self._lock = threading.Lock()
        self._counts: Counter[CountKey] = Counter()
        self._samples: list[RefusalSample] = []
        self._minute = 0
        self._sampled: Counter[tuple[int | None, str]] = Counter()

    def add(self, refused: Refused, environ: Mapping[str, Any]) -> bool:
        """Whether it is one of the sample."""
        now = datetime.now(UTC)
        reason = str(refused.reason)
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._count(CountKey(refused.source_id, reason, hour), 1)
            is_sampled = self._is_sampled(refused.source_id, reason)
            if is_sampled:
                self._samples.append(_sample(refused, now, environ))
        return is_sampled

    def write(self) -> None:
        """Raises what the database raises; nothing noted is lost by that."""
        counts, samples = self._taken()
        try:
            with transaction.atomic():
                _write(counts, samples)
        except BaseException:
            self._take_back(counts, samples)
            raise

    def _count(self, counted: CountKey, count: int) -> None:
        if counted in self._counts or len(self._counts) < MAX_COUNTS:
            self._counts[counted] += count

    def _is_sampled(self, source_id: int | None, reason: str) -> bool:
        minute = current_minute()
        if minute != self._minute:
            self._minute = minute
            self._sampled.clear()
        if self._sampled[source_id, reason] >= MAX_SAMPLES_A_MINUTE or len(self._samples) >= MAX_SAMPLES:
            return False
        self._sampled[source_id, reason] += 1
        return True

    def _taken(self) -> tuple[Counter[CountKey], list[RefusalSample]]:
        with self._lock:
            taken = self._counts, self._samples
            self._counts, self._samples = Counter(), []
            return taken

    def _take_back(self, counts: Counter[CountKey], samples: list[RefusalSample]) -> None:
        with self._lock:
            for counted, count in counts.items():
                self._count(counted, count)
            self._samples = (samples + self._samples)[:MAX_SAMPLES]


def current_minute() -> int:
    """Another number each minute, whatever is done to the clock."""
    return int(time.monotonic() // 60)


def record_refusal(refused: Refused, environ: Mapping[str, Any]) -> None:
    """Returns at once and raises nothing; environ: the request's, by WSGI.

    A line for each would let strangers fill the disk with the log: it holds the sample too.
    """
    if buffer.add(refused, environ):
        log.info("delivery_refused", source=refused.source, reason=str(refused.reason))
    writer.trigger()


def write_buffer() -> None:
    """Writes what was noted, in the calling thread; where that fails, it is soon tried again."""
    try:
        buffer.write()
    except BaseException:
        writer.trigger()
        raise


def _write_and_hang_up() -> None:
    """A thread's connection is its own: it goes back to the pool."""
    try:
        write_buffer()
    finally:
        connection.close()


def _sample(refused: Refused, at: datetime, environ: Mapping[str, Any]) -> RefusalSample:
    address = client_address(environ)
    return RefusalSample(
        refused.source_id,
        str(refused.reason),
        refused.detail,
        at,
        str(address) if address else None,
        announced_bytes(environ),
    )


def _write(counts: Counter[CountKey], samples: list[RefusalSample]) -> None:
    """In a transaction."""
    rows = [(one.source_id, one.reason, one.hour, count) for one, count in counts.items()]
    kept = [
        (one.source_id, one.reason, one.detail, one.refused_at, one.remote_address, one.size)
        for one in samples
    ]
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(ADD_COUNTS, list(_columns(rows)))
            cursor.execute(DELETE_OLD_COUNTS, [datetime.now(UTC) - COUNT_RETENTION])
        if kept:
            cursor.execute(INSERT_SAMPLES, list(_columns(kept)))
            cursor.execute(DELETE_OLD_SAMPLES, [*list(_columns(kept))[:2], MAX_STORED_SAMPLES])


def _columns(rows: list[tuple[Any, ...]]) -> Iterator[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))


buffer = RefusalBuffer()
writer = Debouncer(_write_and_hang_up, WRITE_INTERVAL_SECONDS, "refusals")
