"""The history of a record's columns, computed from its timeline entries. Pure.

The entries may come in any order; the history is in the order of clocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise, zip_longest
from typing import Any, Protocol

from entities.merge.clock import parse_clock


class Entry(Protocol):
    """The part of `entities.models.TimelineEntry` that history needs."""

    @property
    def clock(self) -> str: ...
    @property
    def event_id(self) -> int: ...
    @property
    def wrote(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class SeenValue:
    """A value that one event wrote to a column; None if it wrote null."""

    value: Any
    clock: str
    event_id: int

    @property
    def at(self) -> datetime:
        return parse_clock(self.clock).occurred_at


@dataclass(frozen=True, slots=True)
class ValueRun:
    """An unbroken run of one value. ended: None while the run lasts. event_id: of the event that began it."""

    value: Any
    began: datetime
    ended: datetime | None
    event_id: int

    @property
    def seconds(self) -> float | None:
        """The run's length; None while the run lasts."""
        return (self.ended - self.began).total_seconds() if self.ended else None


@dataclass(frozen=True, slots=True)
class Transition:
    """A change from one value to another. event_id: of the event that wrote the new value."""

    before: Any
    after: Any
    at: datetime
    event_id: int


def seen_values(entries: Iterable[Entry], column: str) -> list[SeenValue]:
    """Return every value that an event wrote to the column."""
    writing = sorted((entry for entry in entries if column in entry.wrote), key=lambda entry: entry.clock)
    return [SeenValue(entry.wrote[column], entry.clock, entry.event_id) for entry in writing]


def value_runs(values: Sequence[SeenValue]) -> list[ValueRun]:
    """Return the runs of equal values. values: in the order of clocks."""
    firsts = [next(equal) for _, equal in groupby(values, key=lambda seen: seen.value)]
    return [
        ValueRun(first.value, first.at, following.at if following else None, first.event_id)
        for first, following in zip_longest(firsts, firsts[1:])
    ]


def value_transitions(runs: Sequence[ValueRun]) -> list[Transition]:
    """Return the changes from each run to the next."""
    return [
        Transition(run.value, following.value, following.began, following.event_id)
        for run, following in pairwise(runs)
    ]
