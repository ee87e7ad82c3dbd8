"""Reads the first sheet of Excel workbooks, row by row."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

from events.record_files.file_rows import FileRow, FileRows, UnreadableRecords, make_row, read_headings


def read_excel(path: Path, file: BinaryIO) -> FileRows:
    """Read the headings, and prepare the rows. Raises UnreadableRecords."""
    file.seek(0)
    # Imported here, because it takes a while and only this function needs it.
    import openpyxl

    try:
        with warnings.catch_warnings():
            # About styles, which nobody reads here.
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise UnreadableRecords(f"{path} is not an Excel workbook: {error}") from None
    if not workbook.worksheets:
        raise UnreadableRecords(f"{path} has no sheet with rows")
    sheet = workbook.worksheets[0]
    # What a program wrote about its size is often wrong.
    sheet.reset_dimensions()
    values = sheet.iter_rows()
    headings = read_headings(str(path), [cell.value for cell in next(values, ())])
    others = len(workbook.worksheets) - 1
    words = f"Excel, sheet {sheet.title!r}" + (f"; {others} other sheets are not read" if others else "")
    return FileRows(words, headings, _read_rows(values, headings))


def _read_rows(rows: Iterator[Any], headings: tuple[str, ...]) -> Iterator[FileRow]:
    for number, cells in enumerate(rows, 2):
        values = [None if cell.data_type == "e" else _plain_value(cell.value) for cell in cells]
        if any(value is not None for value in values):
            yield make_row(number, headings, values)


def _plain_value(value: Any) -> Any:
    """Return a cell's value as JSON has it. Excel keeps numbers as binary fractions: 19.9 is meant."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return value
