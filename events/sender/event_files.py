"""Reads event bodies from files of JSON lines, or of one JSON document. Bytes are never rewritten.

A byte order mark at the start of a file belongs to the file, and not to its first body: with it, a body that
is stored already would have other bytes, and be stored a second time.
"""

import itertools
import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO


class UnreadableFile(Exception):
    """A file is missing, or is not JSON in UTF-8; the message has its name, the line, and the reason."""


def read_bodies(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield each body of each file in order, reading as they are consumed. Raises UnreadableFile.

    If the first line is JSON by itself, each line that is not blank is a body, without its line
    break. Otherwise the file is one document, and all its bytes are the body.
    """
    for path in paths:
        try:
            with path.open("rb") as file:
                yield from _read_file(file, path)
        except OSError as error:
            raise UnreadableFile(f"{path}: {error.strerror}") from error


def total_size(paths: Iterable[Path]) -> int:
    """Return the bytes of all files together. Raises UnreadableFile for the first that cannot be opened."""
    return sum(_file_size(path) for path in paths)


def _file_size(path: Path) -> int:
    try:
        # Opening it now reports a missing permission before anything is stored.
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error


def _read_file(file: BinaryIO, path: Path) -> Iterator[bytes]:
    start = _skip_byte_order_mark(file)
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    first = next(lines, None)
    if first is None:
        return
    _require_utf8(first[1], f"{path}:{first[0]}")
    if _json_error(first[1]):
        file.seek(start)
        yield _require_json(file.read(), str(path))
        return
    for number, line in itertools.chain([first], lines):
        yield _require_json(line.removesuffix(b"\n").removesuffix(b"\r"), f"{path}:{number}")


def _skip_byte_order_mark(file: BinaryIO) -> int:
    """Place a file that was just opened after its byte order mark, if it has one; return that position."""
    start = len(BOM_UTF8) if file.read(len(BOM_UTF8)) == BOM_UTF8 else 0
    return file.seek(start)


def _require_utf8(body: bytes, location: str) -> None:
    """Raise UnreadableFile for UTF-16 and UTF-32, in which a line does not end where its last byte does."""
    encoding = json.detect_encoding(body).upper()
    if not encoding.startswith("UTF-8"):
        raise UnreadableFile(f"{location}: {encoding} instead of UTF-8: save the file as UTF-8")


def _require_json(body: bytes, location: str) -> bytes:
    _require_utf8(body, location)
    if error := _json_error(body):
        raise UnreadableFile(f"{location}: not JSON: {error}")
    return body


def _json_error(body: bytes) -> str:
    """Return why the body is not JSON, or an empty string.

    Lenient about depth and large numbers: the endpoint and the import decide what else is malformed.
    """
    try:
        json.loads(body, parse_int=str)
    except RecursionError:
        return ""
    except ValueError as error:
        return str(error)
    return ""
