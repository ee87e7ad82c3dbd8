"""The mutations of the rules of existence."""

from collections.abc import Callable
from typing import Any

import pytest

from entities.merge.registers import (
    EXISTS,
    State,
    join_states,
)
from entities.writing import apply
from tests.support.mutations.clock_mutations import join_if
from tests.support.mutations.mutation import Mutation, caught_by_convergence, caught_by_oracle
from tests.support.mutations.register_mutations import change_writes


def _deleted_for_ever(patch: pytest.MonkeyPatch) -> None:
    join = join_states

    def sticky(one: State, other: State) -> State:
        deletions = [
            state[EXISTS] for state in (one, other) if EXISTS in state and state[EXISTS].value is False
        ]
        return join(one, other) | ({EXISTS: max(deletions)} if deletions else {})

    patch.setattr(apply, "join_states", sticky)


def _projected(change: Callable[[State], dict[str, Any]]) -> Callable[[pytest.MonkeyPatch], None]:
    project = apply._project

    def changed(model: Any, state: State, *key: Any) -> dict[str, Any]:
        return project(model, state, *key) | change(state)

    return lambda patch: patch.setattr(apply, "_project", changed)


EXISTENCE = [
    Mutation("deleted once is deleted for ever", _deleted_for_ever, caught_by_oracle(10)),
    Mutation(
        "the later arrival says whether a record exists",
        join_if(lambda stored, incoming: stored.clock < incoming.clock or isinstance(incoming.value, bool)),
        caught_by_convergence(3),
    ),
    Mutation(
        "copies say that a record exists",
        change_writes(lambda writes: {EXISTS: True} | writes),
        caught_by_oracle(0),
    ),
    Mutation(
        "a copy leaves a placeholder",
        _projected(lambda state: {"is_placeholder": EXISTS not in state}),
        caught_by_oracle(0),
    ),
]
