"""The JSON of single values: examples and properties."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.api.rows.json_values import MAX_INTEGER, MIN_INTEGER, shorten_integers, write_time

pytestmark = pytest.mark.unit

ZONES = st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14)))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 11, 26, 10, tzinfo=UTC), "2026-11-26T10:00:00.000000Z"),
        (datetime(2026, 11, 26, 10, 0, 0, 5, tzinfo=UTC), "2026-11-26T10:00:00.000005Z"),
        (datetime(2026, 11, 26, 1, tzinfo=timezone(timedelta(hours=4))), "2026-11-25T21:00:00.000000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_in_utc_with_six_decimals(value: datetime, written: str) -> None:
    assert write_time(value) == written


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))  # noqa: DTZ001 - of every zone
def test_every_time_has_one_length_and_is_read_back(value: datetime) -> None:
    written = write_time(value)
    assert len(written) == 27
    assert datetime.fromisoformat(written) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (MAX_INTEGER, MAX_INTEGER),
        (MAX_INTEGER + 1, "9223372036854775808"),
        (MIN_INTEGER, MIN_INTEGER),
        (MIN_INTEGER - 1, "-9223372036854775809"),
        ({"a": [10**30, True, 1.5]}, {"a": ["1" + "0" * 30, True, 1.5]}),
    ],
)
def test_an_integer_of_more_than_64_bits_is_text(value: object, written: object) -> None:
    assert shorten_integers(value) == written


@given(JSON_VALUES)
def test_only_integers_of_more_than_64_bits_change(value: object) -> None:
    written = json.dumps(shorten_integers(value))
    assert json.loads(written, parse_int=check_size) == shorten_integers(value)
    if written != json.dumps(value):
        with pytest.raises(OverflowError):
            json.loads(json.dumps(value), parse_int=check_size)


def check_size(digits: str) -> int:
    if not MIN_INTEGER <= int(digits) <= MAX_INTEGER:
        raise OverflowError(digits)
    return int(digits)
