"""Compacts tables: gives the space that pruning has freed in them back to the file system.

PostgreSQL gives back only pages at the end of a file, and pruning frees space all over it. So the rows at the
end are written anew, which lets PostgreSQL put them where space is free, and VACUUM cuts off the empty end.
VACUUM FULL would do it at once, with a lock for which deliveries wait until it is done. Here nobody waits for
longer than a step takes, some tenths of a second. Whoever kills the process loses nothing.

What PostgreSQL keeps beside the row, in the TOAST table, stays where it is: bodies of more than about 2 kB.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction

from crmmirror.lib.database.cursors import execute, fetch_rows, fetch_value
from entities.models import TimelineEntry
from events.models import Event

# Table -> a column that is in no index. Written as it is, it makes PostgreSQL write the row anew.
TABLES: Mapping[str, str] = {Event._meta.db_table: "headers", TimelineEntry._meta.db_table: "wrote"}
PAGE_BYTES = "SELECT current_setting('block_size')::int"
COUNT_PAGES = "SELECT pg_relation_size(%s) / current_setting('block_size')::int"
# INDEX_CLEANUP: what is left of a moved row must go even if there is little of it, or its page is not empty.
VACUUM = 'VACUUM (INDEX_CLEANUP ON, TRUNCATE ON) "{table}"'
# SKIP LOCKED: a row that a worker holds is not waited for.
LOCK_ROWS = """
    SELECT ctid::text FROM "{table}" WHERE ctid >= %s::tid AND ctid < %s::tid FOR NO KEY UPDATE SKIP LOCKED
"""
MOVE_ROWS = 'UPDATE "{table}" SET {column} = {column} WHERE ctid = ANY(%s::tid[]) RETURNING ctid::text'

# A step, which is a transaction, empties so many pages: some hundred rows.
STEP_PAGES = 32
# Between two VACUUMs an eighth of the pages is emptied: if an old transaction keeps VACUUM from clearing up
# what is left of moved rows, no more than that is written for nothing.
ROUND_SHARE = 8
# A row stays in its page while there is room for it. The page is full after two or three tries, because what
# is left of a row in the same transaction cannot be cleared up to make room again.
MAX_TRIES = 10
PAUSE_FACTOR = 0.25

Progress = Callable[[int], object]
"""A callback that receives the number of pages emptied since its last call."""


@dataclass(frozen=True)
class Compaction:
    """The sizes of a table's file before and after, in bytes."""

    table: str
    before: int
    after: int


def compact_tables(progress: Progress = lambda count: None) -> Iterator[Compaction]:
    """Compact each table that pruning shortens; yield its sizes. Call it outside a transaction.

    A table is left as soon as a round makes its file hardly smaller: it has no more free space then, or a
    transaction that is open for long keeps it. Raises django.db.Error; what was given back stays so.
    """
    page_bytes = int(fetch_value(PAGE_BYTES))
    for table, column in TABLES.items():
        before = int(fetch_value(COUNT_PAGES, table))
        _vacuum(table)
        while True:
            pages = int(fetch_value(COUNT_PAGES, table))
            _empty_end(table, column, pages, progress)
            _vacuum(table)
            after = int(fetch_value(COUNT_PAGES, table))
            if pages - after <= pages // ROUND_SHARE // 2:
                break
        yield Compaction(table, before * page_bytes, after * page_bytes)


def _vacuum(table: str) -> None:
    execute(VACUUM.format(table=table))


def _empty_end(table: str, column: str, pages: int, progress: Progress) -> None:
    """Move the rows of the last pages to the front, until there is no room."""
    for step in range(1, max(1, pages // ROUND_SHARE // STEP_PAGES) + 1):
        began = time.monotonic()
        first = max(0, pages - step * STEP_PAGES)
        if not _empty_pages(table, column, first, first + STEP_PAGES, pages):
            return
        progress(STEP_PAGES)
        time.sleep((time.monotonic() - began) * PAUSE_FACTOR)


def _empty_pages(table: str, column: str, first: int, end: int, pages: int) -> bool:
    """Move the rows of these pages elsewhere; return False, and move none, if the table has no room for them.

    pages: how many the table has. A row that is moved behind them has made it larger.
    """
    with transaction.atomic():
        rows = fetch_rows(LOCK_ROWS.format(table=table), f"({first},0)", f"({end},0)")
        places = [place for (place,) in rows]
        for _ in range(MAX_TRIES):
            if not places:
                break
            moved = fetch_rows(MOVE_ROWS.format(table=table, column=column), places)
            places = [place for (place,) in moved if _page_of(place) >= first]
            if any(_page_of(place) >= pages for place in places):
                # VACUUM cuts off again what was added for them.
                transaction.set_rollback(True)
                return False
    return not places


def _page_of(place: str) -> int:
    """Return the number of a row's page. place: a ctid, such as (12,3)."""
    return int(place.strip("()").partition(",")[0])
