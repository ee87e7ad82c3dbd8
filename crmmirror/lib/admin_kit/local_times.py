"""Times as people read them: in the time zone that is active, which the page and its headings name.

`crmmirror.admin.user_time_zone` activates the zone of the user who asks. A time that is shown without its
zone stands on a page, or under a heading, that says it.
"""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.time_zones import place_of
from crmmirror.lib.utc import format_utc

# The units of a distance in time, each with how long it is and from which distance on it is used.
DAY = timedelta(days=1)
YEAR = 365 * DAY
RELATIVE_UNITS = (
    ("years", YEAR, 2 * YEAR),
    ("days", DAY, DAY),
    ("h", timedelta(hours=1), timedelta(hours=1)),
    ("min", timedelta(minutes=1), timedelta(minutes=1)),
)


def time_cell(value: datetime, *, seconds: bool = False, relative: bool = False) -> SafeString:
    """Render a time in the active zone: 2025-01-15 14:30. The tooltip has it in UTC with six decimals.

    seconds: show them too. relative: add how long ago it was, or in how long it will be.
    """
    shown = _time_element(value, _local_text(value, "seconds" if seconds else "minutes"))
    if not relative:
        return shown
    return format_html('{} <span class="relative">{}</span>', shown, format_relative(value, timezone.now()))


def time_of_day_cell(value: datetime) -> SafeString:
    """Render the time of day in the active zone, for rows below the heading of their day: 14:30."""
    return _time_element(value, _local_text(value, "minutes").partition(" ")[2])


def day_text(value: datetime) -> str:
    """Return the day of a time in the active zone: Fri 20 Dec 2024."""
    return format_date(_local_date(value), "D j M Y")


def date_text(value: datetime) -> str:
    """Return the date of a time in the active zone, for titles: 20 Dec 2024."""
    return format_date(_local_date(value), "j M Y")


def _local_date(value: datetime) -> date:
    return date.fromisoformat(_local_text(value, "minutes").partition(" ")[0])


def _time_element(value: datetime, text: str) -> SafeString:
    utc_text = format_utc(value.astimezone(UTC))
    tooltip = utc_text.removesuffix("Z").replace("T", " ")
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', utc_text, tooltip, text)


def _local_text(value: datetime, precision: str) -> str:
    try:
        local, remark = timezone.localtime(value), ""
    except OverflowError:
        # In the first and the last hours that a time can have, other zones have no time.
        local, remark = value.astimezone(UTC), " UTC"
    return local.replace(tzinfo=None).isoformat(" ", precision) + remark


def format_relative(value: datetime, now: datetime) -> str:
    """Return the distance of a time from now in one unit: 2 days ago, in 3 h, now."""
    distance = abs(value - now)
    for unit, size, minimum in RELATIVE_UNITS:
        if distance >= minimum:
            count = distance // size
            amount = f"{count} {'day' if (unit, count) == ('days', 1) else unit}"
            return f"in {amount}" if value > now else f"{amount} ago"
    return "now"


def zone_label() -> str:
    """Return the active time zone for headings: its place, or UTC."""
    return place_of(str(timezone.get_current_timezone()))


def clock_text() -> str:
    """Return the active time zone with its time of day: Dubai time 03:40, or UTC 23:40."""
    name = str(timezone.get_current_timezone())
    word = f"{place_of(name)} time" if "/" in name else name
    return f"{word} {timezone.localtime():%H:%M}"


def _zoned(heading: str) -> str:
    return f"{heading} ({zone_label()})"


# Makes the heading of a column of times: "received (Dubai)". Lazy, because Django takes headings once, when a
# list is defined, and every reader has a zone of his own.
zoned_heading = lazy(_zoned, str)
