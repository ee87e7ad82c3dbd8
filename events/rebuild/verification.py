"""Verifies the mirror: compares it with one that is made anew from the log."""

from dataclasses import dataclass

from django.db import transaction

from crmmirror.lib.cursors import execute
from entities.shadow.differences import Difference, count_differing_rows, find_differences
from events.rebuild.folding import Progress, fold_batches, shadow_tables
from events.rebuild.log_reader import read_log


@dataclass(frozen=True)
class Verification:
    """events: folded; rows: that differ; differences: the first of their cells."""

    events: int
    rows: int
    differences: list[Difference]


def compare_with_log(progress: Progress, limit: int) -> Verification:
    """Compare the mirror with one made anew from the events that it has applied; change nothing.

    One snapshot serves both sides, so events may keep coming, and being applied, meanwhile.
    limit: of the records of each model whose differing cells are returned.
    """
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with shadow_tables():
            events = fold_batches(read_log(), progress)
        count = count_differing_rows()
        return Verification(events, count, list(find_differences(limit)) if count else [])
