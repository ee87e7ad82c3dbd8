"""The history of a record's columns, computed from its timeline entries. Pure.

The entries may come in any order; the history is in the order of clocks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, zip_longest
from operator import eq
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


def joint_values(entries: Iterable[Entry], columns: Sequence[str]) -> list[SeenValue]:
    """Return what is known of several columns, which name one thing, after each event that wrote to one.

    A value has a part for each column: the newest one, so that what an event leaves out stays.
    """
    present: dict[str, Any] = dict.fromkeys(columns)
    known = []
    for entry in sorted(entries, key=lambda entry: entry.clock):
        if present.keys() & entry.wrote.keys():
            present |= {column: entry.wrote[column] for column in columns if column in entry.wrote}
            known.append(SeenValue(tuple(present.values()), entry.clock, entry.event_id))
    return known


def is_same_thing(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Return True if two joint values name one thing: the first part that both have decides.

    A stage with the same id is the same, whatever its name. Two values without any part are the same too.
    """
    both = next((a == b for a, b in zip(one, other, strict=True) if None not in (a, b)), None)
    return not any(part is not None for part in (*one, *other)) if both is None else both


def first_part(value: Sequence[Any]) -> Any:
    """Return what people see of a joint value: the first part that it has, or None."""
    return next((part for part in value if part is not None), None)


def joint_runs(values: Sequence[SeenValue]) -> list[ValueRun]:
    """Return the runs of joint values, each with what it began with, as people see it."""
    return [replace(run, value=first_part(run.value)) for run in value_runs(values, is_same_thing)]


def value_runs(values: Sequence[SeenValue], is_same: Callable[[Any, Any], bool] = eq) -> list[ValueRun]:
    """Return the runs of equal values. values: in the order of clocks."""
    firsts = [
        seen
        for before, seen in zip([None, *values], values, strict=False)
        if before is None or not is_same(before.value, seen.value)
    ]
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
