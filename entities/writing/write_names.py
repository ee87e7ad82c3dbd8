"""Writes the names that events give to ids, and the ids that they do not name, so that staff can name them.

Of several names for one id the one with the greatest clock stays (last writer wins), so names converge as
records do. Staff's own columns are not touched. An id has a row for the whole source, which staff can name,
and one for each sub-account in which a vendor names it: other sub-accounts may use the id for something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import NamedTuple

from django.db import transaction

from crmmirror.lib.database.cursors import execute
from crmmirror.lib.json_text import dump_json
from entities.models import Name, NameKind
from entities.models.introspection import record_models_by_name
from entities.models.naming.named_refs import named_refs
from entities.writing.source_statement import SourceStatement

NAME_TABLE = Name._meta.db_table
NAME_KEY = ("source_id", "scope", "kind", "ref")
VENDOR_COLUMNS = ("vendor_name", "vendor_clock")
# A longer text is no id or name: an index cannot hold it, and nobody would read it.
MAX_REF_LENGTH = 255
MAX_NAME_LENGTH = 500


class NameKey(NamedTuple):
    """The key of a name. scope: empty for the whole source."""

    source_id: int
    scope: str
    kind: str
    ref: str


class VendorName(NamedTuple):
    """The name that an event gives an id. Sorts as the clocks do; two names with one clock, as texts do."""

    clock: str
    name: str


UNNAMED = VendorName("", "")
VendorNames = dict[NameKey, VendorName]


class WrittenNames:
    """A cache of the names that this process has written, so that only newer ones are written again."""

    MAX_KEYS = 50_000

    def __init__(self) -> None:
        self._written: VendorNames = {}

    def select_newer(self, names: VendorNames) -> VendorNames:
        """Return those of the names that are not known to be in the table."""
        return {
            key: name for key, name in names.items() if key not in self._written or self._written[key] < name
        }

    def clear(self) -> None:
        """Forget all, as the table may have lost some of it."""
        self._written.clear()

    def remember(self, names: VendorNames) -> None:
        """Note names that have been committed."""
        if len(self._written) > self.MAX_KEYS:
            self._written.clear()
        self._written |= self.select_newer(names)


def upsert_names(table: str, rows: str, condition: str) -> str:
    """Return the upsert of vendors' names, in key order so that workers do not deadlock.

    rows: what to select the columns from. condition: when a name (`excluded`) replaces the one of the table
    (`held`).
    """
    columns = ", ".join((*NAME_KEY, *VENDOR_COLUMNS))
    assignments = ", ".join(f"{column} = excluded.{column}" for column in VENDOR_COLUMNS)
    key = ", ".join(NAME_KEY)
    return (
        f"INSERT INTO {table} AS held ({columns}) SELECT {columns} FROM {rows} ORDER BY {key}"
        f" ON CONFLICT ({key}) DO UPDATE SET {assignments} WHERE {condition}"
    )


WRITE_NAMES = upsert_names(
    f'"{NAME_TABLE}"',
    "jsonb_to_recordset(%s::jsonb) AS said"
    " (source_id bigint, scope text, kind text, ref text, vendor_name text, vendor_clock text)",
    '(held.vendor_clock, held.vendor_name COLLATE "C")'
    ' < (excluded.vendor_clock, excluded.vendor_name COLLATE "C")',
)


@contextmanager
def skip_written_names(written: WrittenNames) -> Iterator[None]:
    """Leave out names that are written already, wherever events are applied in this block.

    Not for a shadow: its table has not what this process has written to the live one.
    """
    token = _written_names.set(written)
    try:
        yield
    finally:
        _written_names.reset(token)


_written_names: ContextVar[WrittenNames | None] = ContextVar("written_names", default=None)


def write_names(statements: Iterable[SourceStatement]) -> None:
    """Write the names that the statements give; call it when all locks on records are held."""
    names, written = collect_names(statements), _written_names.get()
    if written is not None:
        names = written.select_newer(names)
    if not names:
        return
    execute(WRITE_NAMES, dump_json([_to_row(key, name) for key, name in names.items()]))
    if written is not None:
        # Not before the commit: names that were rolled back must be written again.
        transaction.on_commit(partial(written.remember, names))


def collect_names(statements: Iterable[SourceStatement]) -> VendorNames:
    """Return the newest name that the statements give each id; UNNAMED for ids without one."""
    names: VendorNames = {}
    for statement in statements:
        for key, name in _read_names(statement):
            names[key] = max(name, names.get(key, name))
    return names


def _read_names(statement: SourceStatement) -> Iterator[tuple[NameKey, VendorName]]:
    source_id, record = statement.key
    if record.scope:
        yield NameKey(source_id, "", NameKind.SUB_ACCOUNT, record.scope), UNNAMED
    model = record_models_by_name()[record.model]
    if model.name_kind:
        yield NameKey(source_id, "", model.name_kind, record.external_id), UNNAMED
    for column, ref in named_refs(model).items():
        id = _read_text(statement.writes, column, MAX_REF_LENGTH)
        if not id:
            continue
        yield NameKey(source_id, "", ref.kind, id), UNNAMED
        if name := _read_text(statement.writes, ref.name_column, MAX_NAME_LENGTH):
            yield NameKey(source_id, record.scope, ref.kind, id), VendorName(statement.clock, name)


def _read_text(writes: Mapping[str, object], column: str, max_length: int) -> str:
    """Return the text that is written to a column; empty if it is none, or too long."""
    value = writes.get(column)
    return value if isinstance(value, str) and len(value) <= max_length else ""


def _to_row(key: NameKey, name: VendorName) -> dict[str, object]:
    return {**key._asdict(), "vendor_name": name.name, "vendor_clock": name.clock}
