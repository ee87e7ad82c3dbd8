"""Writes counts and samples of refusals into their tables, and deletes old ones."""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from crmmirror.lib.database.cursors import execute
from events.models import Refusal, RefusalCount, Source
from events.refusals.refusal_buffer import Counts, RefusalSample

# How many samples of one source and reason the table keeps.
MAX_STORED_SAMPLES = 100
COUNT_RETENTION = timedelta(days=90)

COUNT_TABLE = RefusalCount._meta.db_table
SAMPLE_TABLE = Refusal._meta.db_table
# Refusals of a source that was deleted meanwhile are dropped: its earlier counts are deleted too.
SOURCE_EXISTS = f"(added.source_id IS NULL OR added.source_id IN (SELECT id FROM {Source._meta.db_table}))"
# An upsert, so that any number of processes add up; in the order of the unique key, so that no two
# of them wait for each other (deadlock).
ADD_COUNTS = f"""
    INSERT INTO {COUNT_TABLE} AS stored (source_id, reason, hour, count)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[])
        AS added (source_id, reason, hour, count)
    WHERE {SOURCE_EXISTS}
    ORDER BY coalesce(source_id, 0), reason, hour
    ON CONFLICT (coalesce(source_id, 0), reason, hour) DO UPDATE SET count = stored.count + excluded.count
"""
INSERT_SAMPLES = f"""
    INSERT INTO {SAMPLE_TABLE} (source_id, reason, detail, refused_at, remote_address, size)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::inet[], %s::bigint[])
        AS added (source_id, reason, detail, refused_at, remote_address, size)
    WHERE {SOURCE_EXISTS}
"""
# No deadlock here: a transaction that adds samples of a source and reason has locked their count before.
DELETE_OLD_SAMPLES = f"""
    DELETE FROM {SAMPLE_TABLE} AS sample
    USING (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[])) AS added (source_id, reason)
    WHERE coalesce(sample.source_id, 0) = coalesce(added.source_id, 0) AND sample.reason = added.reason
        AND sample.id <= (
            SELECT id FROM {SAMPLE_TABLE} AS kept
            WHERE coalesce(kept.source_id, 0) = coalesce(added.source_id, 0) AND kept.reason = added.reason
            ORDER BY id DESC OFFSET %s LIMIT 1
        )
"""
DELETE_OLD_COUNTS = f"DELETE FROM {COUNT_TABLE} WHERE hour < %s"


@transaction.atomic
def write_refusals(counts: Counts, samples: list[RefusalSample]) -> None:
    """Add counts and samples to their tables in one transaction. Raises django.db.Error."""
    if counts:
        execute(ADD_COUNTS, *_to_columns((*astuple(key), count) for key, count in counts.items()))
        execute(DELETE_OLD_COUNTS, datetime.now(UTC) - COUNT_RETENTION)
    if samples:
        columns = _to_columns(astuple(sample) for sample in samples)
        execute(INSERT_SAMPLES, *columns)
        source_ids, reasons, *_ = columns
        execute(DELETE_OLD_SAMPLES, source_ids, reasons, MAX_STORED_SAMPLES)


def _to_columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Turn rows into columns, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]
