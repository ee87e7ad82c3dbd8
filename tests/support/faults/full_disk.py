"""Fills a disk: one file takes all the space that is left."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

BLOCK = bytes(4096)


@contextmanager
def fill_disk(disk: Path) -> Iterator[None]:
    """Keep the disk full while the context lasts."""
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
    """Make the next write, this one or a delivery's, need a new segment of PostgreSQL's write-ahead log."""
    with psycopg.connect(url, autocommit=True) as database, contextlib.suppress(psycopg.OperationalError):
        database.execute("SELECT pg_switch_wal()")
