"""Reads event bodies from files of JSON lines, or of one JSON document. Bytes are never rewritten."""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO


class UnreadableFile(Exception):
    """A file is missing or is not JSON; the message has its name, the line, and the reason."""


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
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    first = next(lines, None)
    if first is None:
        return
    if _json_error(first[1]):
        file.seek(0)
        yield _require_json(file.read(), str(path))
        return
    for number, line in itertools.chain([first], lines):
        yield _require_json(line.removesuffix(b"\n").removesuffix(b"\r"), f"{path}:{number}")


def _require_json(body: bytes, location: str) -> bytes:
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
