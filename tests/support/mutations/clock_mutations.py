"""The mutations of the rules of the clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from entities.merge.clock import Rank, format_clock
from entities.merge.registers import (
    Register,
    State,
    bound_extra,
)
from entities.reading import mapper
from entities.reading.envelopes import envelope
from entities.writing import apply
from tests.convergence import (
    test_existence_rules,
)
from tests.support.mutations.mutation import Mutation, caught_by_convergence, caught_by_oracle


def join_if(replaces: Callable[[Register, Register], bool]) -> Callable[[pytest.MonkeyPatch], None]:
    """Let a write replace the stored one if `replaces(stored, incoming)`."""

    def join(one: State, other: State) -> State:
        accepted = {
            name: incoming
            for name, incoming in other.items()
            if name not in one or replaces(one[name], incoming)
        }
        return bound_extra(one | accepted)

    return lambda patch: patch.setattr(apply, "join_states", join)


def _time(register: Register) -> str:
    return register.clock[:27]


def _without_rank(register: Register) -> tuple[str, str]:
    return register.clock[:27], register.clock[30:]


def ranked(ranks: dict[Rank, Rank]) -> Callable[[pytest.MonkeyPatch], None]:
    """Give writes of some ranks another one."""

    def clock(occurred_at: Any, rank: Rank, digest: str) -> str:
        return format_clock(occurred_at, ranks.get(rank, rank), digest)

    return lambda patch: patch.setattr(mapper, "format_clock", clock)


CLOCKS = [
    Mutation("the later arrival wins", join_if(lambda stored, incoming: True), caught_by_convergence(0)),
    Mutation("the first arrival wins", join_if(lambda stored, incoming: False), caught_by_convergence(0)),
    Mutation(
        "at equal times the later arrival wins",
        join_if(lambda stored, incoming: _time(stored) <= _time(incoming)),
        caught_by_convergence(3),
    ),
    Mutation(
        "at equal times and ranks the later arrival wins",
        join_if(lambda stored, incoming: stored.clock[:29] <= incoming.clock[:29]),
        caught_by_convergence(3),
    ),
    Mutation(
        "no rank in the clock",
        join_if(lambda stored, incoming: _without_rank(stored) < _without_rank(incoming)),
        caught_by_oracle(1),
    ),
    Mutation("copies rank as other events", ranked({Rank.COPY: Rank.OTHER}), caught_by_oracle(0)),
    Mutation("created ranks as other events", ranked({Rank.CREATED: Rank.OTHER}), caught_by_oracle(1)),
    Mutation("deleted ranks as other events", ranked({Rank.DELETED: Rank.OTHER}), caught_by_oracle(0)),
    Mutation(
        "a time ahead of its receipt counts",
        lambda patch: patch.setattr(envelope, "MAX_AHEAD", timedelta(days=10_000)),
        test_existence_rules.test_a_time_more_than_a_day_ahead_counts_as_the_receipts,
    ),
]
