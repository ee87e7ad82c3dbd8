"""Cells of the admin's pages: vendors' text is escaped, folded and cut; amounts and times are readable."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from crmmirror.lib.admin_kit.cells import (
    MAX_UNFOLDED_CHARACTERS,
    badge_cell,
    date_cell,
    escape_invisible,
    format_amount,
    format_duration,
    labels_cell,
    line_cell,
    shorten,
    text_cell,
    truncate,
    yes_no_cell,
)

pytestmark = pytest.mark.unit
SCRIPT = '<script>alert("&")</script>'


@pytest.mark.parametrize(
    "cell", [text_cell(SCRIPT), line_cell(SCRIPT), badge_cell(SCRIPT), labels_cell([SCRIPT])]
)
def test_markup_in_a_vendors_text_is_escaped(cell: str) -> None:
    assert "<script" not in cell
    assert "&lt;script&gt;" in cell


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\x00b", "a[U+0000]b"),
        ("\u202eexe.pdf", "[U+202E]exe.pdf"),
        ("\ufeffa\x85", "[U+FEFF]a[U+0085]"),
        ("Zoë 😀", "Zoë 😀"),
    ],
)
def test_control_and_direction_characters_are_shown_by_their_code(text: str, shown: str) -> None:
    assert escape_invisible(text) == shown


def test_text_up_to_the_bound_stands_as_it_is_and_longer_text_is_folded() -> None:
    assert "<details" not in text_cell("x" * MAX_UNFOLDED_CHARACTERS)
    folded = text_cell("x" * (MAX_UNFOLDED_CHARACTERS + 1))
    assert "<details" in folded
    assert "x" * (MAX_UNFOLDED_CHARACTERS + 1) in folded


def test_text_beyond_the_limit_is_cut_and_says_how_much_is_missing() -> None:
    assert truncate("abc", 3) == "abc"
    assert truncate("a" * 1_500, 100) == "a" * 100 + "… and 1,400 more characters"


@pytest.mark.parametrize(
    ("text", "line"), [("a\n  b\tc", "a b c"), ("abcdef", "abcdef"), ("abcdefg", "abcde…"), ("", "")]
)
def test_a_shortened_text_is_one_line_of_bounded_width(text: str, line: str) -> None:
    assert shorten(text, 6) == line


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("19.9", "19.90"),
        ("1234567.8900", "1,234,567.89"),
        ("-1234.5678", "-1,234.5678"),
        ("1E+3", "1,000.00"),
        ("9999999999999999.9999", "9,999,999,999,999,999.9999"),
    ],
)
def test_an_amount_has_thousands_separated_and_at_least_two_decimals(amount: str, text: str) -> None:
    assert format_amount(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=1, minutes=7), "1 day"),
        (timedelta(days=3, hours=4, minutes=5), "3 days 4 h"),
    ],
)
def test_a_duration_is_its_two_largest_units(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


def test_dates_and_booleans_are_plain_words() -> None:
    assert date_cell(date(2025, 1, 15)) == '<time datetime="2025-01-15">2025-01-15</time>'
    assert (yes_no_cell(True), yes_no_cell(False)) == ("yes", "no")


def test_of_very_many_labels_the_first_are_shown_and_the_others_counted() -> None:
    html = labels_cell([f"label{number}" for number in range(1_200)])
    assert html.count("label199<") == 1
    assert "label200<" not in html
    assert html.endswith('<span class="nothing">and 1,000 more</span>')
