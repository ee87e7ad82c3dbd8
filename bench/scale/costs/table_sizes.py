"""Measures the bytes that each table and index takes, and tells which indexes are written all over."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Model

# Of each index its first column or expression: what stands there decides where a new entry goes.
INDEXES = """
    SELECT heap.relname, index.relname, pg_relation_size(index.oid), method.amname,
        pg_get_indexdef(index.oid, 1, true)
    FROM pg_index JOIN pg_class index ON index.oid = indexrelid JOIN pg_class heap ON heap.oid = indrelid
        JOIN pg_am method ON method.oid = index.relam
    WHERE heap.relnamespace = 'public'::regnamespace
"""
TABLES = """
    SELECT relname, pg_table_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# Columns of which a new event has a greater value than those before it, so that all new entries of an index
# go to one end of it, and only that end has to stay in memory.
GROWING = re.compile(r"^\(?\"?(id|event_id|number|\w+_at)\"?\)?( DESC.*)?$")


@dataclass(frozen=True)
class IndexSize:
    """An index. is_appended: new entries go to one end of it, not all over."""

    table: str
    name: str
    bytes: int
    is_appended: bool


@dataclass(frozen=True)
class TableSize:
    """A table, or several: the rows' bytes with what is stored beside them (TOAST), and the indexes."""

    name: str
    rows_bytes: int
    indexes: tuple[IndexSize, ...]

    @property
    def index_bytes(self) -> int:
        return sum(index.bytes for index in self.indexes)

    @property
    def scattered_bytes(self) -> int:
        """The bytes of the indexes that are written all over."""
        return sum(index.bytes for index in self.indexes if not index.is_appended)

    @property
    def bytes(self) -> int:
        return self.rows_bytes + self.index_bytes


def measure_tables() -> list[TableSize]:
    """Return the log, the timeline, the records, the search documents, the feed, and all other tables."""
    from crmmirror.lib.database.cursors import fetch_rows
    from entities.models import Change, ChangeNote, SearchDocument, TimelineEntry
    from entities.models.introspection import record_models
    from events.models import Event

    indexes = [
        IndexSize(table, name, size, is_appended(method, first))
        for table, name, size, method, first in fetch_rows(INDEXES)
    ]
    groups: dict[str, list[type[Model]]] = {
        "log": [Event],
        "timeline": [TimelineEntry],
        "records": list(record_models()),
        "search documents": [SearchDocument],
        "change feed": [Change, ChangeNote],
    }
    names = {model._meta.db_table: group for group, models in groups.items() for model in models}
    return group_tables(fetch_rows(TABLES), indexes, names)


def is_appended(method: str, first: str) -> bool:
    """Return True if an index's new entries go to one end. first: its first column, as SQL has it."""
    return method == "btree" and GROWING.match(first) is not None


def group_tables(
    tables: Iterable[tuple[str, int]], indexes: Sequence[IndexSize], groups: dict[str, str]
) -> list[TableSize]:
    """Return the sizes of groups of tables. groups: table -> its group; all others are one."""
    rows_bytes = dict.fromkeys([*groups.values(), "all others"], 0)
    for table, size in tables:
        rows_bytes[groups.get(table, "all others")] += size
    return [
        TableSize(
            group,
            size,
            tuple(index for index in indexes if groups.get(index.table, "all others") == group),
        )
        for group, size in rows_bytes.items()
    ]
