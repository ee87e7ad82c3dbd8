"""Prunes events in tests, and reads what pruning must leave as it was."""

from collections.abc import Iterable
from itertools import permutations
from random import Random
from typing import NamedTuple

import pytest
from django.db import transaction

from entities.baseline import read_baseline
from entities.baseline.fold_events import fold_into_baseline
from entities.baseline.kept_registers import kept_registers
from entities.models.introspection import record_models_by_name
from entities.shadow.differences import Difference, count_differing_rows, find_differences
from entities.shadow.digest import mirror_digest
from entities.stored_events import StoredEvent, Verdict
from entities.writing.process_batch import process_batch
from events.models import Source
from events.pruning.prunable_events import remove_bodies
from events.rebuild.folding import fold_baseline, fold_batches, shadow_tables
from events.rebuild.log_reader import read_log
from tests.support import table_contents
from tests.support.oracle import Names
from tests.support.record_writes import Cells, Key


class Unprunable(NamedTuple):
    """The state that is the same whether events are pruned or not.

    histories: (record, clock) -> what was written to registers with a history. first_clocks: of the first
    event that said anything of a record.
    """

    digest: str
    names: Names
    histories: dict[tuple[Key, str], Cells]
    first_clocks: dict[Key, str]


def read_unprunable() -> Unprunable:
    histories: dict[tuple[Key, str], Cells] = {}
    first_clocks: dict[Key, str] = {}
    for (key, _, clock), wrote in table_contents.read_timeline().items():
        kept = kept_registers(record_models_by_name()[key.model])
        if values := {name: value for name, value in wrote.items() if name in kept}:
            histories[key, clock] = values
        if wrote:
            first_clocks[key] = min(clock, first_clocks.get(key, clock))
    return Unprunable(mirror_digest(), table_contents.read_names(), histories, first_clocks)


def prune(*events: StoredEvent) -> None:
    """Prune applied events, whatever their age."""
    folded = fold_into_baseline([(event, Verdict.APPLIED) for event in events])
    assert sorted(folded) == sorted({event.id for event in events})
    remove_bodies(folded)


def apply_and_prune_at_random(batches: Iterable[list[StoredEvent]], random: Random) -> None:
    """Apply the batches; after some of them prune some of the events that have been applied by then.

    An event that is pruned is not applied again: its body is gone.
    """
    applied: dict[int, StoredEvent] = {}
    pruned: set[int] = set()
    for batch in batches:
        present = [event for event in batch if event.id not in pruned]
        outcomes = {outcome.event_id: outcome.verdict for outcome in process_batch(present)}
        applied |= {event.id: event for event in present if outcomes[event.id] == Verdict.APPLIED}
        chosen = [event for event in applied.values() if random.random() < random.choice((0, 0.3, 1))]
        if random.random() < 0.6:
            prune(*chosen)
            pruned |= {event.id for event in chosen}
            applied = {id: event for id, event in applied.items() if id not in pruned}


def list_rebuilt_differences() -> tuple[int, list[Difference]]:
    """Rebuild beside the live tables from the baseline and the log; return how many rows differ, and cells.

    The baseline is read in batches of two entries, so that what belongs together is in several. Call it in a
    transaction that is rolled back: the tables of the shadow stay until its end.
    """
    with pytest.MonkeyPatch.context() as patch, shadow_tables():
        patch.setattr(read_baseline, "MAX_BATCH_ENTRIES", 2)
        fold_baseline()
        fold_batches(read_log(), lambda count: None)
    return count_differing_rows(), list(find_differences(3))


def check_pruned(*pruned: StoredEvent, late: tuple[StoredEvent, ...] = ()) -> None:
    """Prune events, one after the other, and apply others afterwards; fail if the mirror is not that of the
    whole events, or a rebuild does not make it.
    """
    with transaction.atomic():
        for event in (*pruned, *late):
            process_batch([event])
        whole = read_unprunable()
        transaction.set_rollback(True)
    for order in permutations(pruned):
        with transaction.atomic():
            for event in order:
                process_batch([event])
                prune(event)
            for event in late:
                process_batch([event])
            after, (differing, differences) = read_unprunable(), list_rebuilt_differences()
            transaction.set_rollback(True)
        assert after == whole
        assert not differing, differences


def keep_bodies_for(days: int | None = 1) -> None:
    """Let every source keep bodies for so many days."""
    Source.objects.update(keep_days=days)
