"""The pure reading of history, by examples."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from entities.merge.clock import Rank, format_clock
from entities.merge.derived_columns import RunStart
from entities.merge.history import (
    Transition,
    ValueRun,
    derived_value_origin,
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
    """An entry a minute, beginning at 1, which is its event's id too."""
    return [Entry(n, n, {"status": value}) for n, value in enumerate(values, 1)]


def test_values_are_seen_in_the_order_of_clocks_whatever_order_the_entries_come_in() -> None:
    same_minute = [Entry(1, 5, {"status": "b"}, Rank.OTHER), Entry(2, 5, {"status": "a"}, Rank.CREATED)]
    entries = [*same_minute, Entry(3, 1, {"status": "c"}), Entry(4, 2, {"title": "x"}), Entry(5, 3)]
    for given in (entries, entries[::-1]):
        assert [value.value for value in seen_values(given, "status")] == ["c", "a", "b"]


def test_no_entries_are_no_runs() -> None:
    assert value_runs([]) == []
    assert value_transitions([]) == []


def test_equal_neighbours_are_one_run_and_the_last_has_no_end() -> None:
    found = value_runs(seen_values(statuses("open", "won", "won", None, "won"), "status"))
    assert found == [
        ValueRun("open", at(1), at(2), 1),
        ValueRun("won", at(2), at(4), 2),
        ValueRun(None, at(4), at(5), 4),
        ValueRun("won", at(5), None, 5),
    ]
    assert [run.seconds for run in found] == [60, 120, 60, None]
    assert value_transitions(found) == [
        Transition("open", "won", at(2), 2),
        Transition("won", None, at(4), 4),
        Transition(None, "won", at(5), 5),
    ]


@pytest.mark.parametrize(
    ("values", "began"),
    [
        ([], None),
        (["open"], None),
        (["won"], 1),
        (["open", "won", "lost", "won"], 2),
        (["won", "open", "lost"], 3),
        (["won", None], None),
        (["won", "open"], None),
    ],
)
def test_a_derived_column_is_from_the_value_that_began_the_present_run(
    values: list[Any], began: int | None
) -> None:
    rule = RunStart("status", frozenset({"won", "lost"}))
    found = derived_value_origin(rule, "closed_at", statuses(*values))
    assert (found and found.event_id) == began


@pytest.mark.parametrize(("own", "expected"), [("2025-01-01T00:00:00Z", 9), (None, 1)])
def test_the_vendors_own_word_comes_first_unless_it_is_null(own: str | None, expected: int) -> None:
    entries = [
        *statuses("paid"),
        Entry(8, 8, {"paid_at": "2024-01-01T00:00:00Z"}),
        Entry(9, 9, {"paid_at": own}),
    ]
    rule = RunStart("status", frozenset({"paid"}), prefers_own_value=True)
    found = derived_value_origin(rule, "paid_at", entries)
    assert found is not None
    assert found.event_id == expected
    unasked = derived_value_origin(RunStart("status", frozenset({"paid"})), "paid_at", entries)
    assert unasked is not None
    assert unasked.event_id == 1
