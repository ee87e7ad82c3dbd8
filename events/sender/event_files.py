"""Reads bodies from files: a file is JSON lines, or one JSON document. Bytes are never rewritten."""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO


class UnreadableFile(Exception):
    """A file that is not there or not JSON; the message names it, the line, and what is wrong."""


def read_bodies(paths: Iterable[Path]) -> Iterator[bytes]:
    """Each body of each file in order, read as they are asked for. Raises Unreadable.

    Where the first line is JSON by itself, each line that is not blank is a body, without its line
    break. Else the file is one document, and all its bytes are the body.
    """
    for path in paths:
        try:
            with path.open("rb") as file:
                yield from _bodies(file, path)
        except OSError as error:
            raise UnreadableFile(f"{path}: {error.strerror}") from error


def total_size(paths: Iterable[Path]) -> int:
    """Of all the files, in bytes. Raises Unreadable for the first that cannot be opened."""
    return sum(_size(path) for path in paths)


def _size(path: Path) -> int:
    try:
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error


def _bodies(file: BinaryIO, path: Path) -> Iterator[bytes]:
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    first = next(lines, None)
    if first is None:
        return
    if _fault(first[1]):
        file.seek(0)
        yield _json(file.read(), str(path))
        return
    for number, line in itertools.chain([first], lines):
        yield _json(line.removesuffix(b"\n").removesuffix(b"\r"), f"{path}:{number}")


def _json(body: bytes, place: str) -> bytes:
    if fault := _fault(body):
        raise UnreadableFile(f"{place}: not JSON: {fault}")
    return body


def _fault(body: bytes) -> str:
    """Why the body is no JSON; lenient: what else is wrong with an event is for its intake to say."""
    try:
        json.loads(body, parse_int=str)
    except RecursionError:
        return ""
    except ValueError as error:
        return str(error)
    return ""
