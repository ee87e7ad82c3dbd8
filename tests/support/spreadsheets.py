"""Reads exported files back, as programs do: Excel workbooks by openpyxl, CSV by the standard library."""

import csv
import io
from typing import Any

import openpyxl

BYTE_ORDER_MARK = "\ufeff".encode()


def read_excel(content: bytes) -> list[list[Any]]:
    """Return the rows of the one sheet, as values."""
    return [[cell.value for cell in row] for row in read_excel_cells(content)]


def read_excel_cells(content: bytes) -> list[list[Any]]:
    """Return the rows of the one sheet, as openpyxl's cells."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    assert len(workbook.worksheets) == 1
    return [list(row) for row in workbook.worksheets[0].iter_rows()]


def read_csv(content: bytes) -> list[list[str]]:
    """Return the rows; fail without a byte order mark."""
    assert content.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
