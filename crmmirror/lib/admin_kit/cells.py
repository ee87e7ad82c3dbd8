"""Values as a page shows them: escaped, bounded, and nothing hidden. Vendors' text is hostile.

Every function returns safe HTML. What is too long for its place is folded, and cut where a page
would grow by more than `CUT` characters: the event holds the whole.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

EMPTY = format_html('<span class="nothing">{}</span>', "—")
MAX_UNFOLDED_CHARACTERS = 240
MAX_TEXT_CHARACTERS = 20_000
MAX_LINE_CHARACTERS = 80
# Control characters other than tab and line feed, and those that turn the direction of the text
# around them: each is shown by its code.
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def escape_invisible(value: str) -> str:
    return INVISIBLE.sub(lambda found: f"[U+{ord(found[0]):04X}]", value)


def shorten(value: str, width: int = MAX_LINE_CHARACTERS) -> str:
    """One line of at most `width` characters."""
    line = " ".join(value[: width * 4].split())
    return escape_invisible(line if len(line) <= width else line[: width - 1] + "…")


def text_cell(value: str, limit: int = MAX_TEXT_CHARACTERS) -> SafeString:
    if len(value) <= MAX_UNFOLDED_CHARACTERS:
        return format_html('<span class="text" dir="auto">{}</span>', escape_invisible(value))
    return format_html(
        '<details class="long"><summary dir="auto">{}</summary>'
        '<div class="text" dir="auto">{}</div></details>',
        shorten(value, 120),
        truncate(value, limit),
    )


def truncate(value: str, limit: int) -> str:
    left_out = len(value) - limit
    rest = f"… and {left_out:,} more characters" if left_out > 0 else ""
    return escape_invisible(value[:limit]) + rest


def amount_cell(value: Decimal) -> SafeString:
    return format_html('<span class="amount">{}</span>', format_amount(value))


def number_cell(value: str) -> SafeString:
    return format_html('<span class="amount">{}</span>', value)


def format_amount(value: Decimal) -> str:
    """With thousands separated, at least two decimals, and no zeros beyond those."""
    whole, _, fraction = f"{value:,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def second_cell(value: datetime) -> SafeString:
    """To the second, the whole on hovering."""
    return format_html('{} <span class="zone">UTC</span>', _time(value, len("2025-01-15 10:30:00")))


def minute_cell(value: datetime) -> SafeString:
    """For where the zone is said beside it: to the minute, the whole on hovering."""
    return _time(value, len("2025-01-15 10:30"))


def _time(value: datetime, width: int) -> SafeString:
    utc = value.astimezone(UTC).isoformat(sep=" ")
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', utc, utc[:width])


def date_cell(value: date) -> SafeString:
    return format_html('<time datetime="{0}">{0}</time>', value.isoformat())


def yes_no_cell(value: bool) -> SafeString:
    return format_html("{}", "yes" if value else "no")


def labels_cell(values: list[str]) -> SafeString:
    return format_html_join(
        " ", '<span class="label" dir="auto">{}</span>', ((shorten(one),) for one in values)
    )


def badge_cell(value: str) -> SafeString:
    """A word of an open vocabulary; the stylesheet knows the usual ones."""
    return format_html('<span class="badge" data-word="{0}" dir="auto">{0}</span>', shorten(value, 40))


def format_duration(value: timedelta) -> str:
    """The two largest units: 3 days 4 h, 2 min 5 s, 0 s."""
    seconds = max(0, int(value.total_seconds()))
    sizes = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))
    counts = []
    for unit, size in sizes:
        count, seconds = divmod(seconds, size)
        counts.append((count, "day" if (unit, count) == ("days", 1) else unit))
    first = next((place for place, (count, _) in enumerate(counts) if count), len(counts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in counts[first : first + 2] if count) or "0 s"


def line_cell(value: str) -> SafeString:
    return format_html('<span class="line" dir="auto">{}</span>', shorten(value))
