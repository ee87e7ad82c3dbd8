"""Cells: values as safe HTML for lists and pages. Vendors' text is hostile, so all of it is escaped.

Long text is folded, and truncated to MAX_TEXT_CHARACTERS so that one value cannot make a page large;
the event keeps the whole text. Invisible characters are made visible.
"""

import re
from datetime import date, timedelta
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

EMPTY = format_html('<span class="nothing">{}</span>', "—")
MAX_UNFOLDED_CHARACTERS = 240
MAX_TEXT_CHARACTERS = 20_000
MAX_LINE_CHARACTERS = 80
MAX_SUMMARY_CHARACTERS = 120
MAX_BADGE_CHARACTERS = 40
MAX_LABELS = 200
# Control characters other than tab and line feed, and characters that reverse the direction of the
# text around them, with which a sender could make a text look like another one.
INVISIBLE_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
DURATION_UNITS = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))


def escape_invisible(value: str) -> str:
    """Replace each invisible character by its code, such as [U+202E]."""
    return INVISIBLE_CHARACTERS.sub(lambda match: f"[U+{ord(match[0]):04X}]", value)


def shorten(value: str, width: int = MAX_LINE_CHARACTERS) -> str:
    """Return the text as one line of at most `width` characters, before its invisible ones are escaped."""
    # Only the beginning is split into words: the text may have a million characters.
    line = " ".join(value[: width * 4].split())
    return escape_invisible(line if len(line) <= width else line[: width - 1] + "…")


def truncate(value: str, limit: int) -> str:
    """Return the first `limit` characters, and say how many more there are."""
    omitted_count = len(value) - limit
    remark = f"… and {omitted_count:,} more characters" if omitted_count > 0 else ""
    return escape_invisible(value[:limit]) + remark


def text_cell(value: str, limit: int = MAX_TEXT_CHARACTERS) -> SafeString:
    """Render a text with its line breaks; a long one is folded and truncated to `limit` characters."""
    if len(value) <= MAX_UNFOLDED_CHARACTERS:
        return format_html('<span class="text" dir="auto">{}</span>', escape_invisible(value))
    return format_html(
        '<details class="long"><summary dir="auto">{}</summary>'
        '<div class="text" dir="auto">{}</div></details>',
        shorten(value, MAX_SUMMARY_CHARACTERS),
        truncate(value, limit),
    )


def line_cell(value: str) -> SafeString:
    """Render a text as one short line."""
    return format_html('<span class="line" dir="auto">{}</span>', shorten(value))


def labels_cell(values: list[str]) -> SafeString:
    """Render a list of texts as labels side by side; of more than MAX_LABELS the first ones."""
    labels = [(shorten(value),) for value in values[:MAX_LABELS]]
    shown = format_html_join(" ", '<span class="label" dir="auto">{}</span>', labels)
    omitted_count = len(values) - MAX_LABELS
    if omitted_count <= 0:
        return shown
    return format_html('{} <span class="nothing">and {} more</span>', shown, f"{omitted_count:,}")


def badge_cell(value: str) -> SafeString:
    """Render a word of an open vocabulary as a badge; the stylesheet has colours for the usual words."""
    word = shorten(value, MAX_BADGE_CHARACTERS)
    return format_html('<span class="badge" data-word="{0}" dir="auto">{0}</span>', word)


def yes_no_cell(value: bool) -> SafeString:
    """Render a boolean as yes or no."""
    return format_html("{}", "yes" if value else "no")


def amount_cell(value: Decimal) -> SafeString:
    """Render an amount of money."""
    return number_cell(format_amount(value))


def number_cell(value: str) -> SafeString:
    """Render a number that is formatted already, with digits of equal width."""
    return format_html('<span class="amount">{}</span>', value)


def format_amount(value: Decimal) -> str:
    """Format an amount with separated thousands and at least two decimals: 1,234.50."""
    whole, _, fraction = f"{value:,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def date_cell(value: date) -> SafeString:
    """Render a date."""
    return format_html('<time datetime="{0}">{0}</time>', value.isoformat())


def format_duration(value: timedelta) -> str:
    """Format a duration in its two largest units: 3 days 4 h, 2 min 5 s, 0 s."""
    seconds = max(0, int(value.total_seconds()))
    counts = []
    for unit, size in DURATION_UNITS:
        count, seconds = divmod(seconds, size)
        counts.append((count, "day" if (unit, count) == ("days", 1) else unit))
    largest = next((index for index, (count, _) in enumerate(counts) if count), len(counts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in counts[largest : largest + 2] if count) or "0 s"
