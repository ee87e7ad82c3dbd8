"""Makes some records anew from the baseline and the log, where what these say has been changed."""

from collections.abc import Collection

from entities.shadow.shadow_tables import drop_shadow, replace_compared_rows
from events.rebuild.folding import fold_baseline, fold_batches, shadow_tables
from events.rebuild.log_reader import read_needed_events
from events.rebuild.touched_since import (
    IS_NEEDED_ENTRY,
    IS_NEEDED_EVENT,
    compare_touched_records,
    forget_touched_records,
    note_needed,
    touch_records,
)


def rebuild_records(records: Collection[tuple[str, int]]) -> None:
    """Make these records, and what is derived from them, equal to what the log and the baseline say.

    A record of which they say nothing is deleted. Nobody else may apply events, prune or rebuild meanwhile.
    The words in use, the names and the change feed are left to the caller.

    records: pairs (model's name, id), each once.
    """
    if not records:
        return
    with shadow_tables():
        touch_records(records)
        round_number = 0
        while note_needed(round_number):
            fold_baseline(IS_NEEDED_ENTRY.format(round=round_number))
            fold_batches(read_needed_events(IS_NEEDED_EVENT.format(round=round_number)), lambda count: None)
            round_number += 1
    replace_compared_rows(compare_touched_records())
    drop_shadow()
    forget_touched_records()
