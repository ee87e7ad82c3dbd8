"""Pruning keeps enough of a record's events for any merge, whatever was pruned first."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.merge.pruning_rule import prune_writes
from entities.merge.registers import State, join_states, to_state
from tests.support.bounds import tight_bounds

pytestmark = pytest.mark.unit

KEPT = {"status", "exists"}
NAMES = ("title", "status", "exists", "tags+vip", "extra.a", "extra.b", "extra.c", "extra.d", "extra.e")
Entries = dict[str, dict[str, Any]]
ENTRIES = st.dictionaries(
    st.integers(100, 999).map(str),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)),
    max_size=8,
)


def merge(entries: Entries) -> State:
    state: State = {}
    for clock, writes in entries.items():
        state = join_states(state, to_state(writes, clock))
    return state


@given(ENTRIES, ENTRIES)
def test_merging_what_is_kept_with_any_other_events_is_merging_the_whole(
    pruned: Entries, others: Entries
) -> None:
    with tight_bounds():
        assert merge(prune_writes(pruned, KEPT) | others) == merge(pruned | others)


@given(ENTRIES, st.integers())
def test_pruning_some_first_and_the_others_later_keeps_what_pruning_all_at_once_keeps(
    entries: Entries, seed: int
) -> None:
    first = {clock for clock in entries if Random(f"{seed} {clock}").random() < 0.5}
    with tight_bounds():
        kept = prune_writes({clock: entries[clock] for clock in first}, KEPT)
        later = prune_writes(kept | {clock: entries[clock] for clock in entries.keys() - first}, KEPT)
        assert later == prune_writes(entries, KEPT)


@given(ENTRIES)
def test_every_write_to_a_kept_register_stays(entries: Entries) -> None:
    kept = prune_writes(entries, KEPT)
    for clock, writes in entries.items():
        wanted = {name: value for name, value in writes.items() if name in KEPT}
        assert {name: kept.get(clock, {}).get(name) for name in wanted} == wanted


def test_the_loser_goes_and_the_winner_stays() -> None:
    entries = {"1": {"title": "Old", "status": "open"}, "2": {"title": "New"}}
    assert prune_writes(entries, KEPT) == {"1": {"status": "open"}, "2": {"title": "New"}}


def test_the_first_entry_that_wrote_anything_keeps_one_write() -> None:
    entries = {"1": {}, "2": {"title": "Old", "notes": "x"}, "3": {"title": "New", "notes": "y"}}
    assert prune_writes(entries, KEPT) == {"1": {}, "2": {"notes": "x"}, "3": entries["3"]}


def test_of_the_entries_that_only_refer_to_the_record_the_newest_stays() -> None:
    assert prune_writes({"1": {}, "3": {}, "2": {}}, KEPT) == {"3": {}}
