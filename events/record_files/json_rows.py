"""Reads JSON files row by row: a list of records, an object with such a list, or JSON lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from entities.reading.envelopes.strict_json import Malformed, parse_json
from events.record_files.file_rows import FileRow, FileRows, UnreadableRecords

NO_OBJECT = "it is no object"


def read_json(path: Path, file: BinaryIO) -> FileRows:
    """Prepare the rows. Raises UnreadableRecords."""
    start = file.tell()
    first = _parse_object(file.readline())
    if first is not None and not (_wraps_records(first) and _is_at_end(file)):
        file.seek(start)
        return FileRows("JSON lines", None, _read_lines(file))
    file.seek(start)
    place = _find_list(path, file)
    file.seek(start)
    words = f"JSON, the list under {place!r}" if place else "JSON, a list"
    return FileRows(words, None, _read_items(path, file, f"{place}.item" if place else "item"))


def _parse_object(line: bytes) -> dict[str, Any] | None:
    try:
        content = parse_json(line)
    except Malformed:
        return None
    return content if isinstance(content, dict) else None


def _wraps_records(content: dict[str, Any]) -> bool:
    """Return True if an object is no record, but has a list of them: no id, and one list of objects."""
    lists = [value for value in content.values() if isinstance(value, list) and value]
    return "id" not in content and len(lists) == 1 and all(isinstance(item, dict) for item in lists[0])


def _is_at_end(file: BinaryIO) -> bool:
    return not any(line.strip() for line in file)


def _read_lines(file: BinaryIO) -> Iterator[FileRow]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            yield _make_row(number, parse_json(line))
        except Malformed as error:
            yield FileRow(number, None, str(error))


def _read_items(path: Path, file: BinaryIO, prefix: str) -> Iterator[FileRow]:
    number = 0
    try:
        for number, item in enumerate(ijson.items(file, prefix), 1):
            yield _make_row(number, item)
    except ijson.JSONError as error:
        raise UnreadableRecords(f"{path}: not JSON after record {number}: {_one_line(error)}") from None


def _find_list(path: Path, file: BinaryIO) -> str:
    """Return the place of the first list of an object; empty if the whole is a list."""
    try:
        for prefix, event, _ in ijson.parse(file):
            if event == "start_array":
                return prefix
    except ijson.JSONError as error:
        raise UnreadableRecords(f"{path}: not JSON: {_one_line(error)}") from None
    raise UnreadableRecords(f"{path}: no list of records in this JSON")


def _make_row(number: int, record: Any) -> FileRow:
    return FileRow(number, record, "" if isinstance(record, dict) else NO_OBJECT)


def _one_line(error: Exception) -> str:
    """Return what is wrong, without the excerpt of the file that the parser adds."""
    text = error.args[0] if error.args else error
    return (text.decode(errors="replace") if isinstance(text, bytes) else str(text)).partition("\n")[0]
