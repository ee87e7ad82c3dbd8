"""The mutations of the rules of what a register, and a set of them, shows."""

from collections.abc import Callable
from typing import Any

import pytest

from entities.merge.registers import (
    ADDITION,
    EXTRA,
    Invalid,
    Register,
    State,
    extra_values,
    join_states,
    set_members,
    timeline_values,
    to_state,
)
from entities.writing import apply
from tests.support.mutations.mutation import Mutation, caught_by_convergence, caught_by_oracle


def change_writes(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that changes each event's writes to a record before they are merged."""
    return lambda patch: patch.setattr(
        apply, "to_state", lambda writes, clock: to_state(change(writes), clock)
    )


def _convertible(writes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in writes.items() if not isinstance(value, Invalid)}


def _filter_extra(keep: Callable[[State, Register], bool]) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that computes `extra` from only some of the registers."""
    extra_of = extra_values

    def filtered(state: State) -> dict[str, Any]:
        return extra_of({name: register for name, register in state.items() if keep(state, register)})

    return lambda patch: patch.setattr(apply, "extra_values", filtered)


def _is_of_newest_extra(state: State, register: Register) -> bool:
    newest = max((stored.clock for name, stored in state.items() if name.startswith(EXTRA)), default="")
    return register.clock == newest or isinstance(register.value, Invalid)


def _change_additions(
    change: Callable[[str, Register], Register | None],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that changes or drops the additions to the tags."""
    labels = set_members

    def changed(state: State, column: str) -> list[str] | None:
        additions = {name: change(name, stored) for name, stored in state.items() if ADDITION in name}
        kept = {name: stored for name, stored in (state | additions).items() if stored is not None}
        return labels(kept, column)

    return lambda patch: patch.setattr(apply, "set_members", changed)


def _merge_documents(patch: pytest.MonkeyPatch) -> None:
    """Merge documents key by key, as if each key had a register of its own."""
    join = join_states

    def merged(one: State, other: State) -> State:
        both = {
            name: Register(max(one[name].clock, other[name].clock), one[name].value | other[name].value)
            for name in one.keys() & other.keys() & join(one, other).keys()
            if isinstance(one[name].value, dict) and isinstance(other[name].value, dict)
        }
        return join(one, other) | both

    patch.setattr(apply, "join_states", merged)


REGISTERS = [
    Mutation(
        "additions to the tags are not heard",
        _change_additions(lambda name, stored: None),
        caught_by_oracle(18),
    ),
    Mutation(
        "additions to the tags never end",
        _change_additions(lambda name, stored: Register("~", True)),
        caught_by_oracle(77),
    ),
    Mutation("extra is one register", _filter_extra(_is_of_newest_extra), caught_by_oracle(77)),
    Mutation(
        "what no column holds is not shown",
        _filter_extra(lambda state, register: not isinstance(register.value, Invalid)),
        caught_by_oracle(0),
    ),
    Mutation("what no column holds is shown for ever", change_writes(timeline_values), caught_by_oracle(0)),
    Mutation("what no column holds is no newest word", change_writes(_convertible), caught_by_oracle(0)),
    Mutation(
        "what no column holds drops the rest of its event",
        change_writes(lambda writes: writes if _convertible(writes) == writes else {}),
        caught_by_oracle(0),
    ),
    Mutation("documents are merged key by key", _merge_documents, caught_by_convergence(55)),
]
