"""The mutations of the rules of what `extra` has room for.

The checks bound it to a few keys and bytes.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from entities.merge import extra_bounds
from entities.merge.registers import (
    State,
    extra_values,
)
from entities.reading import bounded_statements
from entities.writing import apply
from tests.support.mutations.mutation import Mutation, caught_by_convergence, caught_by_oracle

Digests = frozenset[str]


def _split_digests(
    split: Callable[[list[str]], tuple[Iterable[str], Iterable[str]]],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that chooses otherwise which keys are kept, and which are counted."""

    def changed(digests: Iterable[str]) -> tuple[Digests, Digests]:
        kept, counted = split(list(dict.fromkeys(digests)))
        return frozenset(kept), frozenset(counted)

    return lambda patch: patch.setattr(extra_bounds, "split_digests", changed)


def _first_to_arrive(digests: list[str]) -> tuple[list[str], list[str]]:
    last = extra_bounds.MAX_KEYS + extra_bounds.MAX_COUNTED_KEYS
    return digests[: extra_bounds.MAX_KEYS], digests[extra_bounds.MAX_KEYS : last]


def _raw_values_among_the_keys(state: State) -> dict[str, Any]:
    shown = extra_values(state)
    keys = sorted(shown, key=extra_bounds.key_digest)[: extra_bounds.MAX_KEYS]
    return {key: shown[key] for key in keys}


EXTRA_BOUNDS = [
    Mutation(
        "of too many keys the first to arrive are kept",
        _split_digests(_first_to_arrive),
        caught_by_convergence(0),
    ),
    Mutation(
        "a record keeps every key",
        _split_digests(lambda digests: (digests, ())),
        caught_by_oracle(0),
    ),
    Mutation(
        "keys that are not kept are not counted",
        _split_digests(lambda digests: (sorted(digests)[: extra_bounds.MAX_KEYS], ())),
        caught_by_oracle(0),
    ),
    Mutation(
        "an event's keys are not bounded before they are merged",
        lambda patch: patch.setattr(bounded_statements, "bound_writes", lambda writes: writes),
        caught_by_oracle(0),
    ),
    Mutation(
        "what no column holds counts among the keys",
        lambda patch: patch.setattr(apply, "extra_values", _raw_values_among_the_keys),
        caught_by_oracle(2),
    ),
    Mutation(
        "a long value is kept whole",
        lambda patch: patch.setattr(bounded_statements, "bound_value", lambda value: value),
        caught_by_oracle(1),
    ),
]
