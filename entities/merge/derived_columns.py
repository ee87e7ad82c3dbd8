"""Columns that are derived from a record's history, whatever order its events came in. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from entities.merge.clock import clock_time


@dataclass(frozen=True)
class RunStart:
    """The rule of a column whose value is the time at which another column's present run began.

    A run is an unbroken series of one value. The derived column is null if the present value is not one of
    `values`. What was won on Monday and lost on Friday is closed on Friday.

    column: the other column, such as `status`.
    prefers_own_value: whether a value that the vendor itself gave for the derived column comes first.
    """

    column: str
    values: frozenset[str]
    prefers_own_value: bool = False


class DerivedOrigin(NamedTuple):
    """The write that a derived column's value is from.

    clock: of the write that gave the vendor's own value, or that began the run.
    own_value: the vendor's own value in ISO 8601; None if the value is the time of the clock.
    """

    clock: str
    own_value: str | None = None

    @property
    def value(self) -> str:
        """The value of the derived column, in ISO 8601."""
        return clock_time(self.clock) if self.own_value is None else self.own_value


def find_derived_origin(
    rule: RunStart, column: str, history: Iterable[tuple[str, Mapping[str, Any]]]
) -> DerivedOrigin | None:
    """Return the write that the value of the derived column `column` is from; None if the column is null.

    history: (clock, the values that were written then to `column` and `rule.column`) in the order of clocks.
    """
    run_start: str | None = None
    run_value: Any = None
    own: DerivedOrigin | None = None
    for clock, written in history:
        if rule.prefers_own_value and column in written:
            own = DerivedOrigin(clock, written[column])
        if rule.column in written:
            value = written[rule.column]
            if value not in rule.values:
                run_start = run_value = None
            elif value != run_value:
                run_start, run_value = clock, value
    if own is not None and own.own_value is not None:
        return own
    return DerivedOrigin(run_start) if run_start else None
