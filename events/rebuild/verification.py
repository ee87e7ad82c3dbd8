"""Verifies the mirror: compares it with one that is rebuilt from the log."""

from dataclasses import dataclass

from django.db import transaction

from crmmirror.lib.database.cursors import execute
from entities.feed.change_notes import count_records_behind
from entities.shadow.differences import Difference, count_differing_rows, find_differences
from entities.shadow.shadow_tables import live_schema
from events.rebuild.folding import Progress, fold_batches, shadow_tables
from events.rebuild.log_reader import read_log


@dataclass(frozen=True)
class Verification:
    """The result of a comparison.

    events: how many were folded. rows: how many differ. differences: the differing cells, up to a limit.
    records_behind: how many live records are not in the change feed as they are.
    """

    events: int
    rows: int
    differences: list[Difference]
    records_behind: int


def compare_with_log(progress: Progress, limit: int) -> Verification:
    """Compare the mirror with one rebuilt from the events that it has applied; change nothing.

    Both sides are read from one snapshot, so events may keep coming and being applied.
    limit: of how many records of each model the differing cells are returned.
    """
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with shadow_tables():
            event_count = fold_batches(read_log(), progress)
        row_count = count_differing_rows()
        differences = list(find_differences(limit)) if row_count else []
        return Verification(event_count, row_count, differences, count_records_behind(live_schema()))
