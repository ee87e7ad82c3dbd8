"""Times for people: in the active time zone, with the exact UTC time in the tooltip."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.admin_kit.local_times import (
    clock_text,
    day_text,
    format_relative,
    time_cell,
    time_of_day_cell,
    zone_label,
    zoned_heading,
)

pytestmark = pytest.mark.unit
ZONES = ["UTC", "Asia/Dubai", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Pacific/Kiritimati"]
EVENING = datetime(2026, 11, 26, 21, 30, 7, 123456, tzinfo=UTC)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("UTC", "2026-11-26 21:30"), ("Asia/Dubai", "2026-11-27 01:30"), ("Europe/Berlin", "2026-11-26 22:30")],
)
def test_a_time_is_shown_in_the_active_zone_and_in_the_tooltip_in_utc_with_six_decimals(
    zone: str, shown: str
) -> None:
    with timezone.override(zone):
        assert time_cell(EVENING) == (
            '<time datetime="2026-11-26T21:30:07.123456Z" title="2026-11-26 21:30:07.123456 UTC">'
            f"{shown}</time>"
        )
        assert f">{shown}:07</time>" in time_cell(EVENING, seconds=True)


def test_the_clock_has_24_hours_and_the_zone_of_its_day_in_summer_and_winter() -> None:
    with timezone.override("Europe/Berlin"):
        assert ">2026-07-01 23:30</time>" in time_cell(datetime(2026, 7, 1, 21, 30, tzinfo=UTC))
        assert ">2026-12-01 22:30</time>" in time_cell(datetime(2026, 12, 1, 21, 30, tzinfo=UTC))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("value", [FIRST, LAST], ids=["first", "last"])
def test_a_time_at_the_ends_of_the_calendar_is_shown_where_the_zone_has_one_and_else_in_utc(
    zone: str, value: datetime
) -> None:
    with timezone.override(zone):
        cell = time_cell(value, relative=True)
    assert f'title="{value.replace(tzinfo=None).isoformat(" ", "microseconds")} UTC"' in cell


@given(st.datetimes(timezones=st.sampled_from([UTC, *map(ZoneInfo, ZONES)])), st.sampled_from(ZONES))
def test_any_time_can_be_shown_in_any_zone(value: datetime, zone: str) -> None:
    try:
        utc = value.astimezone(UTC)
    except OverflowError:
        return
    with timezone.override(zone):
        assert f'datetime="{utc.replace(tzinfo=None).isoformat(timespec="microseconds")}Z"' in time_cell(utc)


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=-1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "in 59 min"),
        (timedelta(hours=3, minutes=59), "in 3 h"),
        (timedelta(hours=-23), "23 h ago"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=-2, hours=-23), "2 days ago"),
        (timedelta(days=-705), "705 days ago"),
        (timedelta(days=-730), "2 years ago"),
    ],
)
def test_a_distance_from_now_is_told_in_its_largest_unit(distance: timedelta, text: str) -> None:
    assert format_relative(NOW + distance, NOW) == text


@given(st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=300_000)))
def test_the_past_and_the_future_are_equally_far(distance: timedelta) -> None:
    past, future = format_relative(NOW - distance, NOW), f"in {format_relative(NOW - distance, NOW)[:-4]}"
    assert past.endswith(" ago")
    assert format_relative(NOW + min(distance, timedelta(days=2_900_000)), NOW) == future


@time_machine.travel(NOW, tick=False)
def test_a_cell_has_the_distance_beside_the_time_where_it_is_asked_for() -> None:
    assert time_cell(EVENING, relative=True).endswith('</time> <span class="relative">in 9 h</span>')
    assert "relative" not in time_cell(EVENING)


@pytest.mark.parametrize(
    ("zone", "label", "clock"),
    [
        ("UTC", "UTC", "UTC 12:00"),
        ("Asia/Dubai", "Dubai", "Dubai time 16:00"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires time 09:00"),
        ("Etc/GMT-4", "GMT-4", "GMT-4 time 16:00"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_the_zone_is_said_by_its_place(zone: str, label: str, clock: str) -> None:
    with timezone.override(zone):
        assert (zone_label(), clock_text()) == (label, clock)


def test_a_heading_that_is_defined_once_says_the_zone_of_each_reader() -> None:
    heading = zoned_heading("received")
    with timezone.override("Asia/Dubai"):
        assert str(heading) == "received (Dubai)"
    with timezone.override("Europe/Berlin"):
        assert str(heading) == "received (Berlin)"


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [("Asia/Dubai", "Fri 20 Dec 2024", "01:30"), ("Europe/Berlin", "Thu 19 Dec 2024", "22:30")],
)
def test_a_day_and_its_times_are_those_of_the_active_zone(zone: str, day: str, time: str) -> None:
    value = datetime(2024, 12, 19, 21, 30, tzinfo=UTC)
    with timezone.override(zone):
        assert day_text(value) == day
        assert time_of_day_cell(value).endswith(f'21:30:00.000000 UTC">{time}</time>')


@pytest.mark.parametrize("value", [FIRST, LAST])
def test_the_first_and_the_last_time_have_a_day(value: datetime) -> None:
    for zone in ("Asia/Dubai", "America/New_York"):
        with timezone.override(zone):
            assert day_text(value)
            assert "</time>" in time_of_day_cell(value)
