"""Reads the baseline as statements, which a rebuild applies before the events that have their bodies."""

from collections.abc import Iterator

from entities.baseline.stored_entries import read_entries_after
from entities.writing.source_statement import SourceStatement

# About as many as 500 events make.
MAX_BATCH_ENTRIES = 1_500


def read_baseline(condition: str = "true") -> Iterator[list[SourceStatement]]:
    """Yield what is kept of pruned events, in batches and in constant memory.

    condition: on `stored`, a row of the baseline, and `event`, its event, in SQL.
    """
    last_id = 0
    while True:
        entries, last_id = read_entries_after(last_id, MAX_BATCH_ENTRIES, condition)
        if not entries:
            return
        yield [
            SourceStatement(entry.key, entry.event_id, entry.clock, dict(entry.writes), omitted=0)
            for entry in entries
        ]
