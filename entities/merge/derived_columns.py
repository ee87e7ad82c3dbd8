"""Columns that are derived from a record's history, whatever order its events came in. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from entities.merge.clock import clock_time
from entities.merge.history import is_same_thing


@dataclass(frozen=True)
class RunStart:
    """The rule of a column whose value is the time at which the present run of other columns began.

    A run is an unbroken series of one value. What was won on Monday and lost on Friday is closed on Friday.

    columns: the other columns. Of several, which name one thing, the first that two values both have decides
        whether they are the same: a stage with the same id is the same, whatever its name.
    values: the values of the first column that count; if the present one is none of them, the derived column
        is null. None: every value but null counts.
    prefers_own_value: whether a value that the vendor itself gave for the derived column comes first.
    """

    columns: tuple[str, ...]
    values: frozenset[str] | None = None
    prefers_own_value: bool = False

    def counts(self, value: tuple[Any, ...]) -> bool:
        """Return True if a run of this value, which has a part for each of `columns`, counts."""
        if self.values is None:
            return any(part is not None for part in value)
        return value[0] in self.values


def history_columns(rules: Mapping[str, RunStart]) -> frozenset[str]:
    """Return the columns off whose history the derived columns are read. rules: derived column -> rule."""
    own = {column for column, rule in rules.items() if rule.prefers_own_value}
    return frozenset(own.union(*(rule.columns for rule in rules.values())))


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

    history: (clock, the values that were written then to `column` and `rule.columns`) in the order of clocks.
    """
    present: dict[str, Any] = dict.fromkeys(rule.columns)
    run_start: str | None = None
    run_value: tuple[Any, ...] = ()
    own: DerivedOrigin | None = None
    for clock, written in history:
        if rule.prefers_own_value and column in written:
            own = DerivedOrigin(clock, written[column])
        if present.keys() & written.keys():
            present |= {name: written[name] for name in rule.columns if name in written}
            value = tuple(present.values())
            if not rule.counts(value):
                run_start = None
            elif run_start is None or not is_same_thing(value, run_value):
                run_start = clock
            run_value = value
    if own is not None and own.own_value is not None:
        return own
    return DerivedOrigin(run_start) if run_start else None
