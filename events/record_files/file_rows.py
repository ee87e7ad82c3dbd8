"""The rows of a file of records, whatever its format."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class UnreadableRecords(Exception):
    """A file cannot be read as records. The message has the file, the reason, and what to do."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row.

    number: as a spreadsheet counts rows, the headings being row 1; in JSON, the record's number; in JSON
        lines, the line's. cells: heading -> value; of a bad row whatever could be read.
    problem: why the row is no record; else empty.
    """

    number: int
    cells: Any
    problem: str = ""


@dataclass(frozen=True)
class FileRows:
    """The rows of one file, which are read as they are consumed.

    headings: None if each row has keys of its own, which may hold objects: JSON.
    format: in words, for people.
    """

    format: str
    headings: tuple[str, ...] | None
    rows: Iterator[FileRow]


def make_row(number: int, headings: tuple[str, ...], values: list[Any]) -> FileRow:
    """Return the row with these values. Cells that are missing at its end say nothing."""
    if len(values) > len(headings) and any(value not in ("", None) for value in values[len(headings) :]):
        return FileRow(number, values, f"{len(values)} cells under {len(headings)} headings")
    return FileRow(number, dict(zip(headings, values, strict=False)))


def read_headings(place: str, values: list[Any]) -> tuple[str, ...]:
    """Return the headings in a file's first row. Raises UnreadableRecords if they are not usable."""
    headings = [str(value if value is not None else "").strip() for value in values]
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise UnreadableRecords(f"{place}: the first row is empty: it has to have the headings")
    if "" in headings:
        raise UnreadableRecords(f"{place}: column {headings.index('') + 1} has no heading in the first row")
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    if twice:
        raise UnreadableRecords(f"{place}: the heading {twice[0]!r} stands twice: rename one of the two")
    return tuple(headings)
