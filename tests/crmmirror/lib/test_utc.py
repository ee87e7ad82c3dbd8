"""UTC times as text of a fixed width."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.utc import format_utc

pytestmark = pytest.mark.unit
TIMES = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2025, 1, 15, 10, 30, tzinfo=UTC), "2025-01-15T10:30:00.000000Z"),
        (datetime(1, 1, 1, 0, 0, 0, 7, tzinfo=UTC), "0001-01-01T00:00:00.000007Z"),
    ],
)
def test_a_time_is_written_to_the_microsecond(time: datetime, text: str) -> None:
    assert format_utc(time) == text


@given(one=TIMES, other=TIMES)
def test_texts_sort_as_times_do_and_read_back_as_the_same_time(one: datetime, other: datetime) -> None:
    assert (format_utc(one) < format_utc(other)) == (one < other)
    assert datetime.fromisoformat(format_utc(one)) == one
