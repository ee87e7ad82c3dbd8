"""Reads CSV files: their encoding and delimiter, and row by row."""

import csv
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from events.record_files.file_rows import FileRow, FileRows, UnreadableRecords, make_row, read_headings

# Characters. A quote that is never closed would else take the rest of the file into one cell.
MAX_CELL_LENGTH = 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
DELIMITER_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# The line by which Excel is told the delimiter.
DELIMITER_LINE = "sep="
UTF_8, UTF_16 = "utf-8-sig", "utf-16"


def read_csv(path: Path, file: TextIO, encoding: str) -> FileRows:
    """Read the headings, and prepare the rows. Raises UnreadableRecords."""
    csv.field_size_limit(MAX_CELL_LENGTH)
    first = file.readline()
    skipped = 0
    delimiter = _choose_delimiter(first)
    if first.lower().startswith(DELIMITER_LINE):
        delimiter, skipped = first[len(DELIMITER_LINE) :].strip("\r\n") or "\t", 1
    else:
        file.seek(0)
    try:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        headings = read_headings(str(path), next(reader, []))
    except (csv.Error, TypeError, ValueError) as error:
        raise UnreadableRecords(f"{path}: the headings are not CSV: {error}") from None
    words = f"CSV in {encoding.removesuffix('-sig')}, with {DELIMITER_WORDS.get(delimiter, repr(delimiter))}"
    return FileRows(words, headings, _read_rows(reader, headings, skipped + 2))


def choose_encoding(path: Path, encoding: str) -> str:
    """Return the encoding of a text file: that of its byte order mark, else the given one, else UTF-8.

    encoding: empty if nobody said. Raises UnreadableRecords if the file is in another one, before anything is
    read: a name in the wrong letters would be stored as the newest one.
    """
    with path.open("rb") as file:
        mark = file.read(3)
    if mark.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return UTF_16
    chosen = encoding or UTF_8
    is_utf8 = chosen.lower().replace("_", "-") in ("utf-8", "utf8", UTF_8)
    place, has_other_letters = _find_no_utf8(path)
    if is_utf8 and place:
        raise UnreadableRecords(
            f"{path}:{place} is not UTF-8. If a Windows program wrote the file, try --encoding cp1252"
        )
    if not is_utf8 and not place and (has_other_letters or mark == BOM_UTF8):
        raise UnreadableRecords(f"{path} is UTF-8, and not {chosen}: leave --encoding out")
    if not is_utf8:
        _require_encoding(path, chosen)
    return UTF_8 if is_utf8 else chosen


def _choose_delimiter(line: str) -> str:
    """Return the delimiter that makes the most cells of the headings."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter), [])))


def _read_rows(reader: Any, headings: tuple[str, ...], number: int) -> Iterator[FileRow]:
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield FileRow(number, None, f"not CSV at line {reader.line_num}: {error}")
        else:
            if values is None:
                return
            if any(values):
                yield make_row(number, headings, values)
        number += 1


def _find_no_utf8(path: Path) -> tuple[str, bool]:
    """Return the place of the first line that is not UTF-8, or an empty text; and whether any has letters
    beyond ASCII."""
    has_other_letters = False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"{number}: byte 0x{line[error.start]:02x}", has_other_letters
            has_other_letters = True
    return "", has_other_letters


def _require_encoding(path: Path, encoding: str) -> None:
    try:
        with path.open(encoding=encoding) as file:
            for _ in file:
                pass
    except LookupError:
        raise UnreadableRecords(f"there is no encoding {encoding!r}; cp1252 and utf-8 are usual") from None
    except UnicodeError as error:
        raise UnreadableRecords(f"{path} is not {encoding}: {error}") from None
