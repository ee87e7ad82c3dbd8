"""Excel files: each cell is read back as what it was, whatever a vendor sent."""

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from entities.exports import excel_file
from entities.exports.excel_file import MAX_TEXT, TooManyRows, write_excel
from entities.exports.export_values import Value
from tests.support.spreadsheets import read_excel, read_excel_cells

pytestmark = pytest.mark.unit

# Without lone surrogates, which the database does not have either.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1)


def write(*rows: list[Value], headings: tuple[str, ...] = ("a",)) -> bytes:
    file = io.BytesIO()
    assert write_excel(file, headings, iter(rows)) == len(rows)
    return file.getvalue()


def read_cell(value: Value) -> Any:
    """Write one cell, and return it as it is read back."""
    return read_excel_cells(write([value]))[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+971501234567",
        "-5",
        "@SUM(A1)",
        "00123",
        "1e5",
        "2025-01-15",
        "TRUE",
        "http://example.com/",
        "{=1+1}",
        " spaces ",
        "line\nbreak",
        "<script>alert('x')</script>",
        "اسم",
        "😀",
    ],
)
def test_a_text_is_a_text_and_unchanged(text: str) -> None:
    cell = read_cell(text)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


@given(TEXTS)
def test_any_text_is_read_back(text: str) -> None:
    assert unescape(read_cell(text).value) == text


@pytest.mark.parametrize(
    ("value", "read", "number_format"),
    [
        (Decimal("1234.5000"), 1234.5, "#,##0.00##"),
        (Decimal("-0.1"), -0.1, "#,##0.00##"),
        (7, 7, "General"),
        (date(2025, 1, 15), datetime(2025, 1, 15), "yyyy-mm-dd"),  # noqa: DTZ001 - cells have no zone
        (datetime(2025, 1, 15, 21, 30, 59), datetime(2025, 1, 15, 21, 30, 59), "yyyy-mm-dd hh:mm:ss"),  # noqa: DTZ001
        (date(1900, 3, 1), datetime(1900, 3, 1), "yyyy-mm-dd"),  # noqa: DTZ001
        (date(9999, 12, 31), datetime(9999, 12, 31), "yyyy-mm-dd"),  # noqa: DTZ001
    ],
)
def test_numbers_and_times_are_cells_of_their_kind(value: Value, read: object, number_format: str) -> None:
    cell = read_cell(value)
    assert (cell.value, cell.number_format) == (read, number_format)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234567890123456.7800"), "1234567890123456.7800"),
        (1234567890123456789, "1234567890123456789"),
        (date(1899, 12, 31), "1899-12-31"),
        (date(1, 1, 1), "0001-01-01"),
        (datetime(1, 1, 1, 3), "0001-01-01 03:00:00"),  # noqa: DTZ001
    ],
)
def test_what_excel_cannot_hold_exactly_is_a_text(value: Value, text: str) -> None:
    cell = read_cell(value)
    assert (cell.value, cell.data_type) == (text, "s")


def test_nothing_is_an_empty_cell() -> None:
    assert read_excel(write([None, "b"], headings=("a", "b"))) == [["a", "b"], [None, "b"]]


@pytest.mark.parametrize("character", ["x", "😀"])
def test_a_text_that_is_too_long_for_a_cell_says_how_much_is_missing(character: str) -> None:
    text = character * (MAX_TEXT + 5)
    value = read_cell(text).value
    kept, _, rest = value.partition("… and ")
    assert text.startswith(kept)
    assert rest == f"{len(text) - len(kept):,} more characters"
    assert len(value.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert read_cell("y" * MAX_TEXT).value == "y" * MAX_TEXT


def test_more_rows_than_the_limit_raise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(excel_file, "MAX_ROWS", 2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    write(["a"], ["b"])
    with pytest.raises(TooManyRows):
        write(["a"], ["b"], ["c"])
    assert not list(tmp_path.iterdir())
