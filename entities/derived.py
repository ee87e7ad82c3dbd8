"""Columns that are read off a record's history, whatever order the events came in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RunStart:
    """The time at which the present unbroken run of certain values of a column began.

    Null where the column's present value is none of them. With `own_first`, a value that the
    vendor itself gave for the derived column comes first.
    """

    of: str
    values: frozenset[str]
    own_first: bool = False


def read_off(rule: RunStart, column: str, history: Iterable[tuple[str, dict[str, Any]]]) -> str | None:
    """The derived column's value in ISO 8601.

    history: (clock, what was written then to `column` and to `rule.of`) in the order of clocks.
    """
    began: str | None = None
    own: str | None = None
    for clock, wrote in history:
        own = wrote.get(column, own)
        if rule.of in wrote:
            in_run = wrote[rule.of] in rule.values
            began = (began or clock.split(" ")[0]) if in_run else None
    return own if rule.own_first and own is not None else began
