"""The write that a derived column's value is from, by examples, without a database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entities.merge.clock import Rank, format_clock
from entities.merge.derived_columns import DerivedOrigin, RunStart, find_derived_origin

pytestmark = pytest.mark.unit

CLOSED = RunStart(("status",), frozenset({"won", "lost"}))
PAID = RunStart(("status",), frozenset({"paid"}))
PAID_OR_OWN_VALUE = RunStart(("status",), frozenset({"paid"}), prefers_own_value=True)


def clock(minute: int) -> str:
    return format_clock(datetime(2025, 3, 1, 10, minute, tzinfo=UTC), Rank.OTHER, f"{minute:064x}")


def statuses(*values: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return a history with one status per minute, beginning at minute 1."""
    return [(clock(minute), {"status": value}) for minute, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("values", "minute"),
    [
        ([], None),
        (["open"], None),
        (["won"], 1),
        (["open", "won", "won", "won"], 2),
        (["won", "lost"], 2),
        (["open", "won", "lost", "lost"], 3),
        (["won", "lost", "won"], 3),
        (["won", "open", "lost"], 3),
        (["won", None], None),
        (["won", "open"], None),
    ],
)
def test_a_derived_column_is_from_the_write_that_began_the_present_run(
    values: list[Any], minute: int | None
) -> None:
    origin = find_derived_origin(CLOSED, "closed_at", statuses(*values))
    assert origin == (None if minute is None else DerivedOrigin(clock(minute)))


def test_the_value_is_the_time_at_which_the_run_began() -> None:
    origin = find_derived_origin(CLOSED, "closed_at", statuses("open", "won", "won"))
    assert origin is not None
    assert origin.value == "2025-03-01T10:02:00.000000Z"


@pytest.mark.parametrize(
    ("own", "minute", "value"),
    [("2025-01-01T00:00:00Z", 9, "2025-01-01T00:00:00Z"), (None, 1, "2025-03-01T10:01:00.000000Z")],
)
def test_the_vendors_own_value_comes_first_unless_the_newest_is_null(
    own: str | None, minute: int, value: str
) -> None:
    history = [
        *statuses("paid"),
        (clock(8), {"paid_at": "2024-01-01T00:00:00Z"}),
        (clock(9), {"paid_at": own}),
    ]
    origin = find_derived_origin(PAID_OR_OWN_VALUE, "paid_at", history)
    assert origin is not None
    assert (origin.clock, origin.value) == (clock(minute), value)
    assert find_derived_origin(PAID, "paid_at", history) == DerivedOrigin(clock(1))


def test_the_vendors_own_value_counts_even_without_a_run() -> None:
    history = [(clock(1), {"status": "sent", "paid_at": "2024-01-01T00:00:00Z"})]
    origin = find_derived_origin(PAID_OR_OWN_VALUE, "paid_at", history)
    assert origin == DerivedOrigin(clock(1), "2024-01-01T00:00:00Z")
