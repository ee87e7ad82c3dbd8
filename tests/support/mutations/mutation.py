"""A mutation: a rule of docs/convergence.md that is taken out of the code, and the check that fails then."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from entities.reading import column_values, record_reading
from tests.convergence import (
    test_convergence,
    test_oracle,
)
from tests.support.stored_histories import load_bodies

Check = Callable[[], None]
SIZE = 6


@dataclass(frozen=True)
class Mutation:
    """A rule that is taken out of the code, and the check that must fail then.

    what: what the code does without the rule, as docs/convergence.md lists it.
    take_out: patches the rule away; noticed_by: the check that fails then.
    """

    what: str
    take_out: Callable[[pytest.MonkeyPatch], None]
    noticed_by: Check

    @property
    def check(self) -> str:
        """The name of the check, as docs/convergence.md writes it."""
        found = self.noticed_by
        if not isinstance(found, partial):
            return f"`{found.__name__}`"
        name = "convergence" if found.func is test_convergence.check else "oracle"
        seed, size = found.args
        return f"{name}, seed {seed} of {size} events"


def caught_by_convergence(seed: int, size: int = SIZE) -> Check:
    return partial(test_convergence.check, seed, size, make_bodies=load_bodies)


def caught_by_oracle(seed: int, size: int = SIZE) -> Check:
    return partial(test_oracle.check, seed, size, make_bodies=load_bodies)


def replace_in_readers(patch: pytest.MonkeyPatch, name: str, replacement: Callable[..., Any]) -> None:
    """Replace a function in both modules that read columns: one reads those with a single value itself."""
    for module in (column_values, record_reading):
        patch.setattr(module, name, replacement)
