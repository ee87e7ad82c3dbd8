"""The algebra of the merge, without a database.

If joining is commutative, associative and idempotent, then order, batches and repetitions of events do not
matter. That is all of convergence, except for the code around the merge.
"""

import json
from datetime import UTC
from functools import reduce
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.utc import format_utc
from entities.merge.clock import Clock, Rank, format_clock, parse_clock
from entities.merge.registers import (
    IN_COLUMN,
    Invalid,
    Register,
    State,
    deleted_at,
    dump_state,
    extra_values,
    join_states,
    load_state,
    set_members,
    stored_clocks,
    timeline_values,
    to_state,
)

pytestmark = pytest.mark.unit
PLAIN = frozenset({"title", "custom_fields"})
VALUES: dict[str, list[Any]] = {
    "title": ["a", "", None, Invalid("title", {"en": "a"}), Invalid("name", [])],
    "custom_fields": [{"key": "k", "raw": 1}, [], None],
    "exists": [True, False],
    "tags": [[], ["a"], ["a", "b"], None, Invalid("tags", "vip")],
    "tags+b": [True],
    "tags+c+d": [True],
    "extra.title": ["kept", None],
    "extra.score": [1, None, {"key": "k", "raw": 1}],
    "extra.a+b": [0, ["x"]],
}
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
TIMES = st.datetimes(timezones=st.just(UTC))
CLOCK_PARTS = st.builds(Clock, TIMES, st.sampled_from(Rank), DIGESTS)
# Few, so that registers meet.
CLOCKS = st.sampled_from(
    [
        f"{time} {rank} {digest * 64}"
        for time in ("2025-01-15T10:30:00.000000Z", "2025-01-15T10:30:00.000001Z")
        for rank in Rank
        for digest in "0f"
    ]
)


def value_of_write(name: str, clock: str) -> Any:
    """Return the value that the event with this clock writes: one clock always gives one value."""
    return Random(f"{name} {clock}").choice(VALUES[name])


STATES = st.dictionaries(st.sampled_from(sorted(VALUES)), CLOCKS).map(
    lambda clocks: {name: Register(clock, value_of_write(name, clock)) for name, clock in clocks.items()}
)


@given(STATES, STATES)
def test_joining_is_commutative(one: State, other: State) -> None:
    assert join_states(one, other) == join_states(other, one)


@given(STATES, STATES, STATES)
def test_joining_is_associative(one: State, two: State, three: State) -> None:
    assert join_states(join_states(one, two), three) == join_states(one, join_states(two, three))


@given(STATES, STATES)
def test_joining_is_idempotent(one: State, other: State) -> None:
    joined = join_states(one, other)
    assert join_states(one, one) == one
    assert join_states(joined, other) == joined == join_states(joined, one)


@given(STATES)
def test_nothing_said_changes_nothing(state: State) -> None:
    assert join_states(state, {}) == state == join_states({}, state)


@given(STATES, STATES)
def test_joining_leaves_both_states_as_they_were(one: State, other: State) -> None:
    before = dict(one), dict(other)
    join_states(one, other)
    assert (one, other) == before


@given(st.lists(STATES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_of_any_states_gives_each_register_its_greatest_clock(
    states: list[State], random: Random
) -> None:
    shuffled = random.sample(states, len(states))
    registers: dict[str, list[Register]] = {}
    for state in states:
        for name, register in state.items():
            registers.setdefault(name, []).append(register)
    greatest = {name: max(writes, key=lambda register: register.clock) for name, writes in registers.items()}
    assert reduce(join_states, shuffled) == reduce(join_states, states) == greatest


@given(STATES)
def test_a_state_reads_back_from_json_but_for_what_its_columns_hold(state: State) -> None:
    held_by_column = {
        name: Register(register.clock, IN_COLUMN)
        for name, register in state.items()
        if name in PLAIN and not isinstance(register.value, Invalid)
    }
    additions = {name: Register(state[name].clock, IN_COLUMN) for name in state if name.startswith("tags+")}
    assert load_state(json.loads(json.dumps(dump_state(state, PLAIN)))) == state | held_by_column | additions


@given(STATES, STATES)
def test_a_state_may_be_stored_between_any_two_joins(one: State, other: State) -> None:
    stored, direct = join_states(load_state(dump_state(one, PLAIN)), other), join_states(one, other)
    assert dump_state(stored, PLAIN) == dump_state(direct, PLAIN)
    assert extra_values(stored) == extra_values(direct)
    assert set_members(stored, "tags") == set_members(direct, "tags")
    assert deleted_at(stored) == deleted_at(direct)


@given(STATES, STATES)
def test_what_is_stored_does_not_tell_the_order(one: State, other: State) -> None:
    assert json.dumps(dump_state(join_states(one, other), PLAIN), sort_keys=True) == json.dumps(
        dump_state(join_states(other, one), PLAIN), sort_keys=True
    )


@given(STATES)
def test_every_registers_clock_is_stored(state: State) -> None:
    assert stored_clocks(dump_state(state, PLAIN)) == {
        name: register.clock for name, register in state.items()
    }


def test_a_row_without_registers_is_a_state_of_none() -> None:
    assert load_state({}) == {}
    assert stored_clocks({}) == {}


@given(STATES)
def test_extra_is_each_unnamed_key_and_each_value_that_no_column_holds(state: State) -> None:
    unnamed = {name[6:]: register.value for name, register in state.items() if name[:6] == "extra."}
    invalid = {
        register.value.key: register.value.raw
        for register in state.values()
        if isinstance(register.value, Invalid)
    }
    assert extra_values(state) == {**unnamed, **invalid}


def test_of_two_values_under_one_key_that_no_column_holds_the_newer_shows() -> None:
    older, newer = Register("1", Invalid("status", "old")), Register("2", Invalid("status", "new"))
    assert extra_values({"status": older, "vendor_status": newer}) == {"status": "new"}
    assert extra_values({"vendor_status": newer, "status": older}) == {"status": "new"}
    assert extra_values({"status": newer, "vendor_status": older}) == {"status": "new"}


@given(STATES)
def test_tags_are_the_newest_whole_set_and_every_newer_addition(state: State) -> None:
    whole = state.get("tags", Register("", None))
    newer = {
        label for label in ("b", "c+d") if state.get(f"tags+{label}", Register("", None)).clock > whole.clock
    }
    is_set = isinstance(whole.value, list)
    expected = sorted(newer | set(whole.value if is_set else []))
    assert set_members(state, "tags") == (expected if is_set or newer else None)


@given(STATES)
def test_a_record_is_deleted_at_the_time_of_the_clock_that_says_so(state: State) -> None:
    exists = state.get("exists")
    deleted = exists is not None and exists.value is False
    assert deleted_at(state) == (exists.clock[:27] if exists and deleted else None)


@given(CLOCK_PARTS, CLOCK_PARTS)
def test_clocks_sort_as_time_then_rank_then_digest(one: Clock, other: Clock) -> None:
    assert (format_clock(*one) < format_clock(*other)) == (tuple(one) < tuple(other))


@given(TIMES, st.sampled_from(Rank), st.sampled_from(Rank), DIGESTS, DIGESTS)
def test_clocks_of_one_time_sort_as_rank_then_digest(
    time: Any, rank: Rank, other_rank: Rank, digest: str, other_digest: str
) -> None:
    assert (format_clock(time, rank, digest) < format_clock(time, other_rank, other_digest)) == (
        (rank, digest) < (other_rank, other_digest)
    )


@given(CLOCK_PARTS)
def test_a_clock_reads_back_as_its_parts(parts: Clock) -> None:
    assert parse_clock(format_clock(*parts)) == parts
    assert format_clock(*parts).startswith(format_utc(parts.occurred_at))


@given(CLOCKS)
def test_an_events_writes_are_a_state_of_one_clock(clock: str) -> None:
    writes = {name: value_of_write(name, clock) for name in VALUES}
    state = to_state(writes, clock)
    assert {register.clock for register in state.values()} == {clock}
    assert {name: register.value for name, register in state.items()} == writes


def test_what_no_column_holds_is_null_and_raw_in_the_timeline() -> None:
    writes = {"title": Invalid("name", []), "exists": True}
    assert timeline_values(writes) == {"title": None, "extra.name": [], "exists": True}
