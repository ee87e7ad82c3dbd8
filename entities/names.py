"""The names that are shown for the vendors' bare ids: staff's, else the vendor's, of the sub-account first.

`names_for` reads those of a page of records in one query; `display_name` reads a single one. Everything that
shows a name asks here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from crmmirror.lib.database.cursors import fetch_rows
from entities.models import Name, NameKind, Record
from entities.models.naming.named_refs import named_refs

FIND = f"""
    SELECT source_id, scope, kind, ref, name, vendor_name
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS wanted (source_id, scope, kind, ref)
    JOIN "{Name._meta.db_table}" USING (source_id, scope, kind, ref)
"""


class NamedId(NamedTuple):
    """An id that may have a name, as a record has it.

    scope: of the record; empty for the id of a sub-account itself.
    """

    source_id: int
    scope: str
    kind: str
    ref: str


class Names:
    """The names of some ids."""

    def __init__(self, names: Mapping[NamedId, tuple[str, str]]) -> None:
        """names: id -> staff's name and the vendor's. The scope is the name's: empty for the whole source."""
        self._names = names

    def find(self, named: NamedId) -> str | None:
        """Return the name of that id; None if nobody has named it."""
        for scope in (named.scope, "") if named.scope else ("",):
            names = self._names.get(named._replace(scope=scope), ())
            if name := next(filter(None, names), None):
                return name
        return None

    def find_in_column(self, record: Record, column: str) -> str | None:
        """Return the name of the id in a record's column; else the vendor's, if the record has it beside."""
        ref = named_refs(type(record))[column]
        value = getattr(record, column)
        name = self.find(NamedId(record.source_id, record.scope, ref.kind, value)) if value else None
        return name or (getattr(record, ref.name_column) if ref.name_column else None)

    def find_own(self, record: Record) -> str:
        """Return what a record is called: by the name of its own id, if its model's ids have names."""
        kind = type(record).name_kind
        id = NamedId(record.source_id, "", kind, record.external_id)
        return (self.find(id) if kind else None) or str(record)


def names_for(rows: Iterable[Record]) -> Names:
    """Return the names of the ids in these records' columns, by one query; by none if they have no ids."""
    return read_names(named for row in rows for named in column_ids(row))


def display_name(kind: str, source_id: int, scope: str, ref: str) -> str | None:
    """Return the name of one id; None if nobody has named it."""
    named = NamedId(source_id, scope, kind, ref)
    return read_names([named]).find(named)


def read_names(ids: Iterable[NamedId]) -> Names:
    """Return the names of these ids, by one query; by none if there are no ids."""
    wanted = {named._replace(scope=scope) for named in ids for scope in (named.scope, "")}
    rows = fetch_rows(FIND, *map(list, zip(*wanted, strict=True))) if wanted else []
    return Names({NamedId(*key): (name, vendor_name) for *key, name, vendor_name in rows})


def record_ids(record: Record) -> Iterator[NamedId]:
    """Yield all ids of a record that may have names: in its columns, of its sub-account, and its own."""
    yield from column_ids(record)
    if record.scope:
        yield NamedId(record.source_id, "", NameKind.SUB_ACCOUNT, record.scope)
    if kind := type(record).name_kind:
        yield NamedId(record.source_id, "", kind, record.external_id)


def column_ids(record: Record) -> Iterator[NamedId]:
    """Yield the ids in a record's columns."""
    return value_ids(record, ((column, getattr(record, column)) for column in named_refs(type(record))))


def value_ids(record: Record, values: Iterable[tuple[str, Any]]) -> Iterator[NamedId]:
    """Yield the ids among values that a record's columns have or had. values: pairs (column, value)."""
    refs = named_refs(type(record))
    for column, value in values:
        if column in refs and isinstance(value, str) and value:
            yield NamedId(record.source_id, record.scope, refs[column].kind, value)


SHOWN_NAME = Coalesce(NullIf("name", Value("")), NullIf("vendor_name", Value("")), F("ref"))
STAFF_ORDER = (F("position").asc(nulls_last=True), Lower(SHOWN_NAME), "ref", "scope")
"""The order of names of one source and kind: staff's; those without a position come last, by name."""
