"""The history of a record's columns, read off its timeline entries. Pure.

Entries may come in any order; history is in the order of clocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise, zip_longest
from typing import Any, Protocol

from entities.merge.clock import parse_clock
from entities.merge.derived_columns import RunStart


class Entry(Protocol):
    """What `entities.models.TimelineEntry` has."""

    @property
    def clock(self) -> str: ...
    @property
    def event_id(self) -> int: ...
    @property
    def wrote(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class SeenValue:
    """One value that an event said a column has; None where it said null."""

    value: Any
    clock: str
    event_id: int

    @property
    def at(self) -> datetime:
        return parse_clock(self.clock).occurred_at


@dataclass(frozen=True, slots=True)
class ValueRun:
    """An unbroken run of one value; `ended` is None while it lasts. `event_id` began it."""

    value: Any
    began: datetime
    ended: datetime | None
    event_id: int

    @property
    def seconds(self) -> float | None:
        """How long it lasted; None while it lasts."""
        return (self.ended - self.began).total_seconds() if self.ended else None


@dataclass(frozen=True, slots=True)
class Transition:
    before: Any
    after: Any
    at: datetime
    event_id: int


def seen_values(entries: Iterable[Entry], column: str) -> list[SeenValue]:
    """Every value that was said of the column."""
    told = [entry for entry in entries if column in entry.wrote]
    told.sort(key=lambda entry: entry.clock)
    return [SeenValue(entry.wrote[column], entry.clock, entry.event_id) for entry in told]


def value_runs(values: Sequence[SeenValue]) -> list[ValueRun]:
    """The values one after another, equal neighbours as one."""
    firsts = [next(equal) for _, equal in groupby(values, key=lambda one: one.value)]
    return [
        ValueRun(one.value, one.at, next_one.at if next_one else None, one.event_id)
        for one, next_one in zip_longest(firsts, firsts[1:])
    ]


def value_transitions(found: Sequence[ValueRun]) -> list[Transition]:
    """The changes from each run to the next."""
    return [
        Transition(one.value, next_one.value, next_one.began, next_one.event_id)
        for one, next_one in pairwise(found)
    ]


def derived_value_origin(rule: RunStart, column: str, entries: Sequence[Entry]) -> SeenValue | None:
    """What a derived column's value is from: the vendor's own word, or the value that began the run."""
    own = seen_values(entries, column)
    if rule.prefers_own_value and own and own[-1].value is not None:
        return own[-1]
    began = None
    for value in seen_values(entries, rule.column):
        began = (began or value) if value.value in rule.values else None
    return began
