"""The history of a column, by examples, without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from entities.merge.clock import Rank, format_clock
from entities.merge.history import (
    Transition,
    ValueRun,
    seen_values,
    value_runs,
    value_transitions,
)

pytestmark = pytest.mark.unit


def at(minute: int) -> datetime:
    return datetime(2025, 3, 1, 10, minute, tzinfo=UTC)


@dataclass
class Entry:
    event_id: int
    minute: int
    wrote: dict[str, Any] = field(default_factory=dict)
    rank: Rank = Rank.OTHER

    @property
    def clock(self) -> str:
        return format_clock(at(self.minute), self.rank, f"{self.event_id:064x}")


def statuses(*values: Any) -> list[Entry]:
    """Return one entry per minute, beginning at minute 1; the minute is its event's id too."""
    return [Entry(n, n, {"status": value}) for n, value in enumerate(values, 1)]


def test_values_are_seen_in_the_order_of_clocks_whatever_order_the_entries_come_in() -> None:
    same_minute = [Entry(1, 5, {"status": "b"}, Rank.OTHER), Entry(2, 5, {"status": "a"}, Rank.CREATED)]
    entries = [*same_minute, Entry(3, 1, {"status": "c"}), Entry(4, 2, {"title": "x"}), Entry(5, 3)]
    for ordering in (entries, entries[::-1]):
        assert [value.value for value in seen_values(ordering, "status")] == ["c", "a", "b"]


def test_no_entries_are_no_runs() -> None:
    assert value_runs([]) == []
    assert value_transitions([]) == []


def test_equal_neighbours_are_one_run_and_the_last_has_no_end() -> None:
    runs = value_runs(seen_values(statuses("open", "won", "won", None, "won"), "status"))
    assert runs == [
        ValueRun("open", at(1), at(2), 1),
        ValueRun("won", at(2), at(4), 2),
        ValueRun(None, at(4), at(5), 4),
        ValueRun("won", at(5), None, 5),
    ]
    assert [run.seconds for run in runs] == [60, 120, 60, None]
    assert value_transitions(runs) == [
        Transition("open", "won", at(2), 2),
        Transition("won", None, at(4), 4),
        Transition(None, "won", at(5), 5),
    ]
