"""The files of archives: written whole or not at all, compressed or not, and read line by line."""

import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from events.archive.archive_lines import is_header

STANDARD_STREAM = Path("-")
GZIP_SUFFIX = ".gz"
GZIP_MAGIC = b"\x1f\x8b"
# Of zlib's 1 to 9. A body in base64 shrinks little more beyond it, and takes twice as long.
COMPRESSION_LEVEL = 6


class UnusableArchive(Exception):
    """A file cannot be read or written; the message has its name, perhaps the line, and why."""


@contextmanager
def write_archive(path: Path, *, compress: bool) -> Iterator[BinaryIO]:
    """Yield the file to write to; a file of that name is there once the block has ended, and not before.

    path: `-` is the standard output. A name that ends in .gz is compressed. The file is readable by its owner
    only. Raises UnusableArchive, also if there is such a file already.
    """
    compress = compress or path.suffix == GZIP_SUFFIX
    try:
        if path == STANDARD_STREAM:
            with _compressed(sys.stdout.buffer, compress) as output:
                yield output
            sys.stdout.buffer.flush()
            return
        if path.exists():
            raise UnusableArchive(f"{path} is there already: remove it, or choose another name")
        with _replacing_file(path) as file, _compressed(file, compress) as output:
            yield output
    except BrokenPipeError:
        # Python would try to flush it once more at its end.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        raise UnusableArchive("whoever read the standard output has gone") from None
    except OSError as error:
        raise UnusableArchive(f"{path}: {error.strerror}") from None


@contextmanager
def read_archive(path: Path) -> Iterator[Iterator[tuple[str, bytes]]]:
    """Yield an iterator over the lines, each with its place, such as `log.jsonl:17`.

    path: `-` is the standard input. It raises UnusableArchive.
    """
    with ExitStack() as stack:
        try:
            file: BinaryIO = (
                sys.stdin.buffer if path == STANDARD_STREAM else stack.enter_context(path.open("rb"))
            )
            is_compressed = _peek(file) == GZIP_MAGIC
            lines = stack.enter_context(gzip.GzipFile(fileobj=file)) if is_compressed else file
        except OSError as error:
            raise UnusableArchive(f"{path}: {error.strerror}") from None
        yield _number_lines(cast(BinaryIO, lines), path)


def is_archive(path: Path) -> bool:
    """Return True if the file's first line is that of an archive. Raises UnusableArchive."""
    with read_archive(path) as lines:
        return any(is_header(line) for _, line in islice(lines, 1))


def _number_lines(lines: BinaryIO, path: Path) -> Iterator[tuple[str, bytes]]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            yield f"{path}:{number}", line
    except (EOFError, zlib.error, OSError) as error:
        raise UnusableArchive(f"{path}:{number + 1}: cannot be read on: {error}") from None


def _peek(file: BinaryIO) -> bytes:
    return file.peek(len(GZIP_MAGIC))[: len(GZIP_MAGIC)]  # type: ignore[attr-defined]


@contextmanager
def _replacing_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file beside the path; rename it to the path once it is on the disk."""
    new_path = path.with_name(f"{path.name}.part")
    new_path.unlink(missing_ok=True)
    descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new_path.rename(path)
    finally:
        new_path.unlink(missing_ok=True)


@contextmanager
def _compressed(file: BinaryIO, compress: bool) -> Iterator[BinaryIO]:
    if not compress:
        yield file
        return
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=COMPRESSION_LEVEL) as output:
        yield cast(BinaryIO, output)
