"""Times and dates as vendors write them, by tables of examples and by properties."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.utc import format_utc
from entities.reading.times import EPOCH, NOT_A_TIME, parse_time, to_date, to_time
from entities.reading.unconvertible import Unconvertible

pytestmark = pytest.mark.unit

MOMENTS = [
    ("2025-01-15T10:30:00.000Z", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15t10:30:00z", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15 10:30:00", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15T10:30Z", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15T10:30:00.1Z", "2025-01-15T10:30:00.100000Z"),
    ("2025-01-15T10:30:00.123456789Z", "2025-01-15T10:30:00.123456Z"),
    ("2025-01-15T16:00:00+05:30", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15T02:30:00-0800", "2025-01-15T10:30:00.000000Z"),
    ("20250115T103000Z", "2025-01-15T10:30:00.000000Z"),
    ("2025-01-15", "2025-01-15T00:00:00.000000Z"),
    (" 2025-01-15T10:30:00Z ", "2025-01-15T10:30:00.000000Z"),
    ("\u200e2025-01-15T10:30:00Z\u200e", "2025-01-15T10:30:00.000000Z"),
    (1736937000, "2025-01-15T10:30:00.000000Z"),
    ("1736937000", "2025-01-15T10:30:00.000000Z"),
    (Decimal("1736937000.25"), "2025-01-15T10:30:00.250000Z"),
    ("1736937000.25", "2025-01-15T10:30:00.250000Z"),
    (1736937000000, "2025-01-15T10:30:00.000000Z"),
    (" 1736937000000 ", "2025-01-15T10:30:00.000000Z"),
    (Decimal("1736937000000.5"), "2025-01-15T10:30:00.000500Z"),
    (1736937000000000, "2025-01-15T10:30:00.000000Z"),
    ("1736937000000001", "2025-01-15T10:30:00.000001Z"),
    ("/Date(1736937000000)/", "2025-01-15T10:30:00.000000Z"),
    (10**8, "1973-03-03T09:46:40.000000Z"),
    (10**11 - 1, "5138-11-16T09:46:39.000000Z"),
    (10**11, "1973-03-03T09:46:40.000000Z"),
    (10**14 - 1, "5138-11-16T09:46:39.999000Z"),
    (10**14, "1973-03-03T09:46:40.000000Z"),
    (10**17 - 1, "5138-11-16T09:46:39.999999Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
]
DUBAI = ZoneInfo("Asia/Dubai")
DAYS = [
    ("2025-03-15", UTC, "2025-03-15"),
    ("20260314", UTC, "2026-03-14"),
    ("20260314", DUBAI, "2026-03-14"),
    ("2025-03-15T00:00:00.000Z", UTC, "2025-03-15"),
    ("2025-03-15T23:30:00-01:00", UTC, "2025-03-15"),
    ("2026-03-01T00:00:00+04:00", UTC, "2026-03-01"),
    ("2026-03-01T00:00:00.000+0400", UTC, "2026-03-01"),
    ("2026-03-01T00:00:00+04:00", ZoneInfo("America/New_York"), "2026-03-01"),
    ("2026-02-28T20:00:00Z", UTC, "2026-02-28"),
    ("2026-02-28T20:00:00Z", DUBAI, "2026-03-01"),
    (" 2026-02-28t20:00:00.000z\u200f", DUBAI, "2026-03-01"),
    ("2026-02-28T20:00:00", DUBAI, "2026-02-28"),
    ("2026-02-28T20:00:00+00:00", DUBAI, "2026-02-28"),
    (1741996800000, UTC, "2025-03-15"),
    (1772308800, UTC, "2026-02-28"),
    (1772308800, DUBAI, "2026-03-01"),
    ("1772308800", DUBAI, "2026-03-01"),
    ("9999-12-31T23:59:59-01:00", UTC, "9999-12-31"),
]
REFUSED: list[tuple[Any, str]] = [
    *((value, NOT_A_TIME) for value in ("", "tomorrow", "2025-02-30T00:00:00Z", "0000-01-01T00:00:00Z")),
    *((value, NOT_A_TIME) for value in (0, -1736937000, 20260314, 10**8 - 1, 10**17, 10**30, "99999999")),
    *((Decimal(value), NOT_A_TIME) for value in ("1e999999999", "1e-999999999", "-1e999999999")),
    (True, "a boolean is not a time"),
    (["2025-01-15"], "an array is not a time"),
    ({}, "an object is not a time"),
]
BEYOND_UTC = ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00")


@pytest.mark.parametrize(("raw", "time"), MOMENTS)
def test_a_time_is_read_in_every_format_that_vendors_use(raw: Any, time: str) -> None:
    assert to_time(raw) == time


@pytest.mark.parametrize(("raw", "zone", "day"), DAYS)
def test_a_date_is_the_day_that_was_written(raw: Any, zone: Any, day: str) -> None:
    assert to_date(raw, zone) == day


@pytest.mark.parametrize(("raw", "reason"), REFUSED)
@pytest.mark.parametrize("convert", [to_time, to_date])
def test_what_is_no_time_is_refused_with_its_reason(convert: Any, raw: Any, reason: str) -> None:
    with pytest.raises(Unconvertible) as refusal:
        convert(raw)
    assert str(refusal.value) == reason


@pytest.mark.parametrize("raw", [*BEYOND_UTC, "20260314", "20250115"])
def test_a_date_that_is_no_time_is_refused_as_a_time(raw: str) -> None:
    with pytest.raises(Unconvertible):
        to_time(raw)


def test_a_day_beyond_the_last_one_is_refused() -> None:
    with pytest.raises(Unconvertible):
        to_date("9999-12-31T23:59:59Z", DUBAI)


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
@given(seconds=st.integers(10**8, 10**11 - 1))
def test_a_number_is_read_by_its_magnitude(unit: int, seconds: int) -> None:
    moment = EPOCH + timedelta(seconds=seconds)
    spellings = [seconds * unit, str(seconds * unit), Decimal(seconds * unit), moment.isoformat()]
    assert [parse_time(spelling) for spelling in spellings] == [moment] * len(spellings)


@given(st.integers(max_value=10**8 - 1) | st.integers(min_value=10**17))
def test_a_number_of_no_units_magnitude_is_refused(number: int) -> None:
    with pytest.raises(Unconvertible):
        parse_time(number)


@given(
    st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-01-01")),
    st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
    st.sampled_from([UTC, DUBAI]),
)
def test_a_date_with_an_offset_is_its_first_ten_characters(moment: datetime, offset: Any, zone: Any) -> None:
    text = moment.replace(tzinfo=offset).isoformat()
    assert to_date(text, zone) == text[:10]


@given(st.integers(10**8, 10**11 - 1))
def test_a_date_in_utc_and_as_an_epoch_is_one_day_of_the_zone(seconds: int) -> None:
    moment = EPOCH + timedelta(seconds=seconds)
    text = moment.isoformat().replace("+00:00", "Z")
    assert to_date(text, DUBAI) == to_date(seconds, DUBAI) == moment.astimezone(DUBAI).date().isoformat()


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_texts_of_times_sort_as_times_do(one: datetime, other: datetime) -> None:
    assert (format_utc(one) < format_utc(other)) == (one < other)


FORMATS = ("%d.%m.%Y %H:%M", "%b %d, %Y")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15.01.2025 10:30", "2025-01-15T10:30:00.000000Z"),
        ("Jan 15, 2025", "2025-01-15T00:00:00.000000Z"),
        ("2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000000Z"),
        (1736937000, "2025-01-15T10:30:00.000000Z"),
    ],
)
def test_a_vendors_own_formats_count_after_the_usual_ones(text: Any, moment: str) -> None:
    assert to_time(text, FORMATS) == moment
    assert to_date(text, UTC, FORMATS) == "2025-01-15"


@pytest.mark.parametrize("text", ["15/01/2025", "32.01.2025 10:30", "/Date(x)/", "/Date(20260314)/"])
def test_a_text_in_none_of_the_formats_is_no_time(text: str) -> None:
    with pytest.raises(Unconvertible):
        parse_time(text, FORMATS)
