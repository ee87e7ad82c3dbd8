"""Verifies the mirror: compares it with one that is rebuilt from the log."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crmmirror.lib.database.cursors import execute
from entities.feed.change_notes import count_records_behind
from entities.shadow.differences import Difference, count_differing_rows, find_differences
from entities.shadow.shadow_tables import live_schema
from events.models import Event
from events.rebuild.folding import Progress, fold_baseline, fold_batches, shadow_tables
from events.rebuild.log_reader import read_log, read_needed_events, read_settled_since
from events.rebuild.touched_since import (
    IS_NEEDED_ENTRY,
    IS_NEEDED_EVENT,
    compare_touched_records,
    find_touched_records,
    note_needed,
)


@dataclass(frozen=True)
class Verification:
    """The result of a comparison.

    events: how many were folded. pruned_events: of how many the baseline has what is kept.
    rows: how many differ. differences: the differing cells, up to a limit.
    records_behind: how many live records are not in the change feed as they are.
    """

    events: int
    pruned_events: int
    rows: int
    differences: list[Difference]
    records_behind: int


def compare_since(since: datetime, progress: Progress, limit: int) -> Verification:
    """Compare the records that events settled since then have touched, with all events of theirs.

    Like `compare_with_log`, but reads nothing of the other records; the change feed is not looked at.
    """
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with shadow_tables():
            event_count = fold_batches(read_settled_since(since), progress)
            find_touched_records(since)
            round_number = 0
            while note_needed(round_number):
                fold_baseline(IS_NEEDED_ENTRY.format(round=round_number))
                needed = read_needed_events(IS_NEEDED_EVENT.format(round=round_number), since)
                event_count += fold_batches(needed, progress)
                round_number += 1
        compared = compare_touched_records()
        row_count = count_differing_rows(compared)
        differences = list(find_differences(limit, compared)) if row_count else []
        return Verification(event_count, 0, row_count, differences, 0)


def compare_with_log(progress: Progress, limit: int) -> Verification:
    """Compare the mirror with one rebuilt from the events that it has applied; change nothing.

    Both sides are read from one snapshot, so events may keep coming and being applied.
    limit: of how many records of each model the differing cells are returned.
    """
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with shadow_tables():
            fold_baseline()
            event_count = fold_batches(read_log(), progress)
        row_count = count_differing_rows()
        differences = list(find_differences(limit)) if row_count else []
        pruned_count = Event.objects.filter(pruned_at__isnull=False).count()
        return Verification(
            event_count, pruned_count, row_count, differences, count_records_behind(live_schema())
        )
