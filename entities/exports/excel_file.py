"""Writes an export as an Excel workbook, in memory that does not grow with the rows.

A text is written as a text, so that `+971…` and `=1+1` stay what they are: Excel neither converts nor
executes it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from entities.exports.export_values import Value

# A sheet may have 1,048,576 rows; a file of so many takes minutes to write, and longer to open.
MAX_ROWS = 200_000
# Excel has no longer texts: the library would leave the cell empty.
MAX_TEXT = 32_767
# Excel keeps numbers in binary with 15 digits: a longer one would become another number.
MAX_DIGITS = 15
# Excel's calendar has a 29 February 1900; from 1 March on its days are ours.
FIRST_DAY = date(1900, 3, 1)
DAY_ZERO = date(1899, 12, 30)
DAY_SECONDS = 24 * 3600
COLUMN_WIDTH = 18

# One row in memory at a time, and each text in its cell instead of in a table of all texts.
OPTIONS = {"constant_memory": True}
FORMATS = {
    "heading": {"bold": True},
    "amount": {"num_format": "#,##0.00##"},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
}
WriteCell = Callable[[int, int, Any], None]


class TooManyRows(Exception):
    """There are more than MAX_ROWS rows."""


def write_excel(file: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write the headings and the rows; return how many rows there were. Raises TooManyRows."""
    # The library's own temporary files go with the directory, after an error too.
    with TemporaryDirectory() as directory:
        workbook = Workbook(file, OPTIONS | {"tmpdir": directory})
        # For a sheet of more than 2 GB of XML: large texts in many rows.
        workbook.use_zip64()
        sheet = workbook.add_worksheet()
        try:
            count = _write_sheet(workbook, sheet, headings, rows)
        except BaseException:
            # To close the workbook would write all of it; this is what it holds open.
            sheet.row_data_fh.close()
            raise
        workbook.close()
    return count


def _write_sheet(
    workbook: Workbook, sheet: Worksheet, headings: Sequence[str], rows: Iterable[Sequence[Value]]
) -> int:
    formats = {name: workbook.add_format(properties) for name, properties in FORMATS.items()}
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headings) - 1, COLUMN_WIDTH)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, formats["heading"])
    writers = _make_writers(sheet, formats)
    number = 0
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise TooManyRows
        for column, value in enumerate(row):
            if value is not None:
                writers[type(value)](number, column, value)
    return number


def _make_writers(sheet: Worksheet, formats: Mapping[str, Any]) -> dict[type, WriteCell]:
    """Return the type of a value -> the function that writes it as a cell."""

    def write_text(row: int, column: int, value: str) -> None:
        sheet.write_string(row, column, shorten_text(value))

    def write_decimal(row: int, column: int, value: Decimal) -> None:
        if len(value.normalize().as_tuple().digits) > MAX_DIGITS:
            write_text(row, column, f"{value:f}")
        else:
            sheet.write_number(row, column, float(value), formats["amount"])

    def write_integer(row: int, column: int, value: int) -> None:
        if len(str(abs(value))) > MAX_DIGITS:
            write_text(row, column, str(value))
        else:
            sheet.write_number(row, column, value)

    def write_date(row: int, column: int, value: date) -> None:
        if value < FIRST_DAY:
            write_text(row, column, value.isoformat())
        else:
            sheet.write_number(row, column, (value - DAY_ZERO).days, formats["date"])

    def write_time(row: int, column: int, value: datetime) -> None:
        if value.date() < FIRST_DAY:
            write_text(row, column, value.isoformat(sep=" "))
        else:
            sheet.write_number(row, column, to_serial_number(value), formats["time"])

    return {
        str: write_text,
        Decimal: write_decimal,
        int: write_integer,
        date: write_date,
        datetime: write_time,
    }


def to_serial_number(value: datetime) -> float:
    """Return a time as Excel has it: days since 30 December 1899, with the time of day as a fraction."""
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return (value.date() - DAY_ZERO).days + seconds / DAY_SECONDS


def shorten_text(text: str) -> str:
    """Return the text; of one that is too long for a cell the beginning, and how much is missing."""
    # Excel counts UTF-16 units, of which a character beyond the basic plane takes two.
    if len(text) * 2 <= MAX_TEXT or len(text.encode("utf-16-le")) // 2 <= MAX_TEXT:
        return text
    kept = text.encode("utf-16-le")[: (MAX_TEXT - 60) * 2].decode("utf-16-le", "ignore")
    return f"{kept}… and {len(text) - len(kept):,} more characters"
