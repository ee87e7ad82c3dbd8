"""The bounds of `extra`: which keys it keeps, how many others it counts, how long a value may be."""

import hashlib
import json
from functools import reduce
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.merge.extra_bounds import (
    DIGEST_LENGTH,
    MAX_COUNTED_KEYS,
    MAX_ESTIMATE,
    MAX_KEY_LENGTH,
    MAX_KEYS,
    MAX_VALUE_BYTES,
    bound_key,
    bound_value,
    estimate_omitted,
    key_digest,
    split_digests,
)
from entities.merge.registers import (
    Register,
    State,
    bound_writes,
    count_omitted_keys,
    dump_state,
    extra_values,
    join_states,
    load_state,
    to_state,
)
from tests.support.bounds import tight_bounds

pytestmark = pytest.mark.unit
NOTHING: State = {}
NAMES = [f"extra.{letter}" for letter in "abcdefgh"]
CLOCKS = st.sampled_from([f"2025-01-15T10:30:00.00000{number}Z 2 {'0' * 64}" for number in range(3)])
EVENTS = st.dictionaries(st.sampled_from([*NAMES, "title", "exists"]), CLOCKS)


def make_state(clocks: dict[str, str]) -> State:
    """Return the state of an event, bounded as the mapper bounds it, with a clock for each register."""
    state = {name: Register(clock, f"{name} {clock}") for name, clock in clocks.items()}
    names = bound_writes(dict.fromkeys(state))
    digests = {f"extra#{key_digest(name[6:])}": register for name, register in state.items()}
    return {
        name: state.get(name) or Register(digests[name].clock, True)
        for name in names
        if name in state or name in digests
    }


@given(st.lists(EVENTS, max_size=5), st.randoms(use_true_random=False))
def test_any_order_and_any_storing_of_more_keys_than_fit_give_the_same_record(
    events: list[dict[str, str]], random: Random
) -> None:
    with tight_bounds():
        states = [make_state(event) for event in events]
        shuffled = random.sample(states, len(states))

        def join_stored(one: State, other: State) -> State:
            return join_states(load_state(json.loads(json.dumps(dump_state(one, {"title"})))), other)

        results = [
            reduce(join_states, states, NOTHING),
            reduce(join_states, shuffled, NOTHING),
            reduce(join_stored, shuffled, NOTHING),
            reduce(join_states, [*shuffled, *states], NOTHING),
            join_states(reduce(join_states, states[:2], NOTHING), reduce(join_states, states[2:], NOTHING)),
        ]
        stored = [dump_state(state, {"title"}) for state in results]
    assert all(one == stored[0] for one in stored)
    heard = {name for event in events for name in event if name.startswith("extra.")}
    lowest = sorted(heard, key=lambda name: hashlib.sha256(name[6:].encode()).hexdigest())
    assert set(extra_values(results[0])) == {name[6:] for name in lowest[:2]}
    newest = {name: max(event[name] for event in events if name in event) for name in lowest[:2]}
    assert extra_values(results[2]) == {name[6:]: f"{name} {clock}" for name, clock in newest.items()}


def test_of_more_keys_than_fit_those_with_the_lowest_sha256_are_kept() -> None:
    keys = [f"key{number}" for number in range(MAX_KEYS + 100)]
    state = join_states({}, to_state(bound_writes({f"extra.{key}": key for key in keys}), "1"))
    lowest = sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())
    assert extra_values(state) == {key: key for key in lowest[:MAX_KEYS]}
    assert count_omitted_keys(state) == 100


def test_the_keys_of_many_events_are_bounded_as_those_of_one() -> None:
    keys = [f"key{number}" for number in range(4_000)]
    writes = [{f"extra.{key}": key for key in keys[start : start + 700]} for start in range(0, 4_000, 700)]
    states = [to_state(bound_writes(part), "1") for part in writes]
    assert {len(state) for state in states} == {700, 500}
    together = to_state(bound_writes({name: value for part in writes for name, value in part.items()}), "1")
    assert dump_state(reduce(join_states, states), ()) == dump_state(together, ())
    assert len(together) == MAX_KEYS + MAX_COUNTED_KEYS


@pytest.mark.parametrize("total", [0, 1, MAX_KEYS, MAX_KEYS + 1, MAX_KEYS + MAX_COUNTED_KEYS - 1])
def test_the_number_of_other_keys_is_exact_while_they_are_few(total: int) -> None:
    _, counted = split_digests(key_digest(f"k{number}") for number in range(total))
    assert estimate_omitted(counted) == max(0, total - MAX_KEYS)


@pytest.mark.parametrize("total", [1_500, 2_000, 20_000, 330_000])
def test_the_number_of_many_other_keys_is_estimated(total: int) -> None:
    _, counted = split_digests(key_digest(f"k{number}") for number in range(total))
    estimate = estimate_omitted(counted)
    assert estimate == pytest.approx(total - MAX_KEYS, rel=0.1)
    assert estimate >= MAX_COUNTED_KEYS
    assert len(str(estimate).rstrip("0")) <= 2


def test_digests_that_were_searched_for_do_not_break_the_estimate() -> None:
    lowest = [f"{number:0{DIGEST_LENGTH}x}" for number in range(MAX_KEYS + MAX_COUNTED_KEYS)]
    assert estimate_omitted(split_digests(lowest)[1]) == MAX_ESTIMATE


@pytest.mark.parametrize("key", ["", "score", "ü" * MAX_KEY_LENGTH])
def test_a_key_of_usual_length_stays_as_it_is(key: str) -> None:
    assert bound_key(key) == key


def test_a_long_key_is_its_beginning_and_its_digest() -> None:
    key = "ü" * (MAX_KEY_LENGTH + 1)
    assert bound_key(key) == f"{'ü' * 100}… sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    assert bound_key(key + "x") != bound_key(key + "y")


@pytest.mark.parametrize("value", [None, True, 10**4000, 1.5, "x" * (MAX_VALUE_BYTES - 2), [], {"a": [1]}])
def test_a_value_of_usual_length_stays_as_it_is(value: Any) -> None:
    assert bound_value(value) is value


@pytest.mark.parametrize("value", ["x" * (MAX_VALUE_BYTES - 1), ["ü" * 8_000], {"a": list(range(5_000))}])
def test_a_long_value_is_its_length_and_digest(value: Any) -> None:
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert bound_value(value) == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_the_digest_of_an_object_does_not_depend_on_the_order_of_its_keys() -> None:
    items = [(str(number), "x" * 1_000) for number in range(20)]
    assert bound_value(dict(items)) == bound_value(dict(reversed(items)))
