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
# A row that another process writes to the end keeps a round from making the file shorter. So does a
# transaction that is open for long, which is not waited for.
MAX_VAIN_ROUNDS = 2
# A row stays in its page while there is room for it. It has to be written again until the page is full: what
# is left of it in the same transaction is not cleared up. PostgreSQL's limit of rows a page is 291.
MAX_TRIES = 300
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

    A table is left when it has no more room for its last rows, or rounds make it hardly smaller. Raises
    django.db.Error; what was given back stays so.
    """
    page_bytes = int(fetch_value(PAGE_BYTES))
    for table, column in TABLES.items():
        before = int(fetch_value(COUNT_PAGES, table))
        _vacuum(table)
        pages, vain_rounds = int(fetch_value(COUNT_PAGES, table)), 0
        while vain_rounds < MAX_VAIN_ROUNDS and _empty_end(table, column, pages, progress):
            _vacuum(table)
            last, pages = pages, int(fetch_value(COUNT_PAGES, table))
            vain_rounds = vain_rounds + 1 if last - pages <= last // ROUND_SHARE // 2 else 0
        _vacuum(table)
        yield Compaction(table, before * page_bytes, int(fetch_value(COUNT_PAGES, table)) * page_bytes)


def _vacuum(table: str) -> None:
    execute(VACUUM.format(table=table))


def _empty_end(table: str, column: str, pages: int, progress: Progress) -> bool:
    """Move the rows of the last pages to the front; return False as soon as there is no room."""
    for step in range(1, max(1, pages // ROUND_SHARE // STEP_PAGES) + 1):
        began = time.monotonic()
        first = max(0, pages - step * STEP_PAGES)
        if not _empty_pages(table, column, first, first + STEP_PAGES, pages):
            return False
        progress(STEP_PAGES)
        time.sleep((time.monotonic() - began) * PAUSE_FACTOR)
    return True


def _empty_pages(table: str, column: str, first: int, end: int, pages: int) -> bool:
    """Move the rows of these pages to earlier ones; return False, and move none, if there is no room.

    pages: how many the table has. If more rows come behind them than were to be moved, the table grows by
    it; some may come there where another process has made it longer.
    """
    with transaction.atomic():
        rows = fetch_rows(LOCK_ROWS.format(table=table), f"({first},0)", f"({end},0)")
        places = [place for (place,) in rows]
        count_behind = 0
        for _ in range(MAX_TRIES):
            if not places or count_behind > len(rows):
                break
            moved = fetch_rows(MOVE_ROWS.format(table=table, column=column), places)
            places = [place for (place,) in moved if _page_of(place) >= first]
            count_behind += sum(_page_of(place) >= pages for place in places)
        if places:
            # VACUUM cuts off again what was added to the file for them.
            transaction.set_rollback(True)
    return not places


def _page_of(place: str) -> int:
    """Return the number of a row's page. place: a ctid, such as (12,3)."""
    return int(place.strip("()").partition(",")[0])
