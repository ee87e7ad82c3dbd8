"""Writes an export as an Excel workbook for people: each cell is a text, which Excel leaves as it is."""

import csv
import io
import time
from tempfile import TemporaryDirectory
from typing import BinaryIO

from xlsxwriter import Workbook

from entities.exports.excel_file import OPTIONS, shorten_text

# A sheet has 1,048,576 rows; the first one is the heading.
MAX_ROWS = 1_048_575
# `extra` may have 8 MB; the reader of CSV refuses a longer field than this.
MAX_FIELD_BYTES = 64 * 1024 * 1024
# How many rows are written between two looks at the clock.
CHECKED_ROWS = 500


class TooLong(Exception):
    """The file was not made in time."""


def convert_csv(source: BinaryIO, file: BinaryIO, deadline: float) -> None:
    """Write the rows of a CSV of `copied_rows` as a workbook.

    A text that is too long for a cell is cut, and says so. deadline: by the monotonic clock. Raises TooLong.
    """
    csv.field_size_limit(MAX_FIELD_BYTES)
    text = io.TextIOWrapper(source, encoding="utf-8", newline="")
    with TemporaryDirectory() as directory:
        workbook = Workbook(file, OPTIONS | {"tmpdir": directory})
        workbook.use_zip64()
        sheet = workbook.add_worksheet()
        try:
            for number, row in enumerate(csv.reader(text)):
                if number % CHECKED_ROWS == 0 and time.monotonic() > deadline:
                    raise TooLong
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, column, shorten_text(cell))
        except BaseException:
            # To close the workbook would write all of it; this is what it holds open.
            sheet.row_data_fh.close()
            raise
        finally:
            # It would close the source, which is the caller's.
            text.detach()
        workbook.close()
