"""Writes an export as CSV: UTF-8 with a byte order mark, and no text that a spreadsheet would execute."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from entities.exports.export_values import Value

# With one of these at its beginning, a spreadsheet takes a text for a formula. The last four are the
# fullwidth forms of the first four, which some spreadsheets read as those.
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# Numbers and phone numbers begin with a sign too. Without any letter, nothing can be called or looked up.
NUMBER_OR_PHONE = re.compile(r"[+-]?[0-9][0-9 ()./-]*|\+\([0-9][0-9 ()./-]*")


def write_csv(file: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write the headings and the rows; return how many rows there were."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(map(defuse, headings))
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - counts
        writer.writerow(map(format_value, row))
    text.detach()
    return count


def format_value(value: Value) -> str:
    """Return a cell's text: numbers without separators of thousands, times as 2025-01-15 10:30:00."""
    if value is None:
        return ""
    if isinstance(value, str):
        return defuse(value)
    if isinstance(value, Decimal):
        whole, _, fraction = f"{value:f}".partition(".")
        return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def defuse(text: str) -> str:
    """Return the text, with an apostrophe before it if a spreadsheet would take it for a formula."""
    if text.startswith(FORMULA_STARTS) and not NUMBER_OR_PHONE.fullmatch(text):
        return f"'{text}"
    return text
