"""Columns that are read off a record's history, whatever order the events came in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RunStart:
    """The time at which the present unbroken run of certain values of a column began.

    Null where the column's present value is none of them. With `prefers_own_value`, a value that the
    vendor itself gave for the derived column comes first.
    """

    column: str
    values: frozenset[str]
    prefers_own_value: bool = False


def derive_run_start(
    rule: RunStart, column: str, history: Iterable[tuple[str, dict[str, Any]]]
) -> str | None:
    """The derived column's value in ISO 8601.

    history: (clock, what was written then to `column` and to `rule.column`) in the order of clocks.
    """
    began: str | None = None
    own: str | None = None
    for clock, wrote in history:
        own = wrote.get(column, own)
        if rule.column in wrote:
            in_run = wrote[rule.column] in rule.values
            began = (began or clock.split(" ")[0]) if in_run else None
    return own if rule.prefers_own_value and own is not None else began
