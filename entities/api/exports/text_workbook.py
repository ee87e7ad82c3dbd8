"""Writes an export as an Excel workbook for people: each cell is a text, which Excel leaves as it is."""

import csv
from collections.abc import Iterable, Sequence
from itertools import chain
from tempfile import TemporaryDirectory
from typing import BinaryIO

from xlsxwriter import Workbook

from entities.exports.excel_file import OPTIONS, shorten_text

# A sheet has 1,048,576 rows; the first one is the heading.
MAX_ROWS = 1_048_575
# `extra` may have 8 MB; the reader of CSV refuses a longer field than this.
MAX_FIELD_BYTES = 64 * 1024 * 1024


def write_workbook(file: BinaryIO, headings: Sequence[str], rows: Iterable[bytes]) -> None:
    """Write the headings, and the rows of `copied_rows.read_csv_rows`, as a workbook.

    A text that is too long for a cell is cut, and says so.
    """
    csv.field_size_limit(MAX_FIELD_BYTES)
    with TemporaryDirectory() as directory:
        workbook = Workbook(file, OPTIONS | {"tmpdir": directory})
        workbook.use_zip64()
        sheet = workbook.add_worksheet()
        try:
            for number, row in enumerate(chain([headings], csv.reader(map(bytes.decode, rows)))):
                for column, text in enumerate(row):
                    if text:
                        sheet.write_string(number, column, shorten_text(text))
        except BaseException:
            # To close the workbook would write all of it; this is what it holds open.
            sheet.row_data_fh.close()
            raise
        workbook.close()
