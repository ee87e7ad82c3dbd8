"""The mutations of the rules of what is kept of pruned events."""

from collections.abc import Callable, Mapping, Set
from typing import Any

import pytest

from entities.baseline import fold_events, read_baseline, stored_entries
from entities.baseline.kept_registers import kept_registers
from entities.baseline.stored_entries import Entry, read_entries_after
from entities.merge.pruning_rule import Writes, prune_writes
from entities.models import Record
from tests.convergence import test_pruning_rules
from tests.support.mutations.mutation import Mutation

Entries = Mapping[str, Mapping[str, Any]]


def _prune(prune: Callable[[Entries, Set[str]], dict[str, Writes]]) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that keeps other writes."""
    return lambda patch: patch.setattr(fold_events, "prune_writes", prune)


def _without_kept(without: Callable[[str], bool]) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that keeps only the newest write of some registers."""

    def changed(model: type[Record]) -> frozenset[str]:
        return frozenset(name for name in kept_registers(model) if not without(name))

    def take_out(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(fold_events, "kept_registers", changed)
        patch.setattr(stored_entries, "kept_registers", changed)

    return take_out


def _without_winners(entries: Entries, kept: Set[str]) -> dict[str, Writes]:
    pruned = prune_writes(entries, kept)
    return {
        clock: {name: writes[name] for name in writes if name in kept} for clock, writes in pruned.items()
    }


def _without_references(entries: Entries, kept: Set[str]) -> dict[str, Writes]:
    return {clock: writes for clock, writes in prune_writes(entries, kept).items() if writes}


def _read_without_time(last_id: int, limit: int, condition: str) -> tuple[list[Entry], int]:
    entries, last_id = read_entries_after(last_id, limit, condition)
    beginning = "0001-01-01T00:00:00.000000Z"
    return [
        Entry(entry.key, beginning + entry.clock[len(beginning) :], entry.event_id, entry.writes)
        for entry in entries
    ], last_id


PRUNING = [
    Mutation(
        "the newest value goes with its pruned event",
        _prune(_without_winners),
        test_pruning_rules.test_the_newest_value_of_a_pruned_event_is_rebuilt,
    ),
    Mutation(
        "what is kept of a pruned event is older than any other",
        lambda patch: patch.setattr(read_baseline, "read_entries_after", _read_without_time),
        test_pruning_rules.test_what_arrives_late_and_is_older_than_the_pruned_event_does_not_win,
    ),
    Mutation(
        "the history of a pruned event is its newest value",
        _without_kept(lambda name: name == "status"),
        test_pruning_rules.test_a_late_event_between_two_pruned_ones_splits_their_run,
    ),
    Mutation(
        "a record goes with the pruned events that refer to it",
        _prune(_without_references),
        test_pruning_rules.test_a_record_that_only_pruned_events_refer_to_stays_a_placeholder,
    ),
    Mutation(
        "names go with the pruned events that gave them",
        _without_kept(lambda name: name.endswith("_name")),
        test_pruning_rules.test_the_name_that_a_pruned_event_gives_an_id_is_rebuilt_though_the_deal_has_another_id,
    ),
    Mutation(
        "former phones go with the pruned events",
        _without_kept(lambda name: name == "phone"),
        test_pruning_rules.test_former_phones_of_pruned_events_still_find_the_contact,
    ),
]
