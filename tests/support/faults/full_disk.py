"""A disk that is full: a ballast takes all the room that is left."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

BLOCK = bytes(4096)


@contextmanager
def fill_disk(disk: Path) -> Iterator[None]:
    ballast = disk / "ballast"
    try:
        _write_until_full(ballast)
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _write_until_full(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(BLOCK)


def switch_wal_segment(url: str) -> None:
    """What is written next needs a new segment of PostgreSQL's write-ahead log: this, or a delivery."""
    with psycopg.connect(url, autocommit=True) as database, contextlib.suppress(psycopg.OperationalError):
        database.execute("SELECT pg_switch_wal()")
