"""Writes the search documents of the records that a batch inserted, or whose searched values it changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from crmmirror.lib.database.cursors import execute, fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.models import Record, SearchDocument
from entities.models.introspection import model_name, names_scope, record_models_by_name
from entities.search.document_keys import (
    collect_keys,
    format_document,
    join_former,
    read_former,
    to_former,
)
from entities.search.search_keys import Key, read_value
from entities.writing.source_statement import Ids, SourceKey, SourceStatement

SEARCH_TABLE = SearchDocument._meta.db_table
INSERT_DOCUMENTS = f"""
    INSERT INTO "{SEARCH_TABLE}" AS document (record_type, record_id, source_id, scope, keys)
    SELECT record_type, record_id, source_id, scope, keys
    FROM jsonb_to_recordset(%s::jsonb)
        AS new (record_type text, record_id bigint, source_id bigint, scope text, keys tsvector)
    ORDER BY record_type, record_id
    ON CONFLICT (record_type, record_id) DO
"""
UPSERT_DOCUMENTS = f"""{INSERT_DOCUMENTS}
    UPDATE SET keys = excluded.keys WHERE document.keys IS DISTINCT FROM excluded.keys
"""
# Another worker may have inserted the same record, and described it since.
INSERT_MISSING_DOCUMENTS = f"{INSERT_DOCUMENTS} NOTHING"
READ_KEYS = f"""
    SELECT record_type, record_id, tsvector_to_array(keys) FROM "{SEARCH_TABLE}"
    WHERE (record_type, record_id) IN (SELECT * FROM unnest(%s::text[], %s::bigint[]))
"""


Document = tuple[str, int]
"""The type and the id of a document's record."""


@dataclass(frozen=True, slots=True)
class SearchedRow:
    """A record that a batch wrote to, with the values of its searched columns before and after it."""

    model: type[Record]
    id: int
    key: SourceKey
    before: dict[str, str | None]
    after: dict[str, str | None]


def write_search_documents(
    rows: Iterable[SearchedRow], statements: Iterable[SourceStatement], inserted: set[SourceKey], ids: Ids
) -> None:
    """Write the documents. inserted: the records that did not exist before the batch.

    The caller has locked the rows, so nobody else writes their documents meanwhile.
    """
    described = {row.key: row for row in rows}
    written = _collect_former_values(statements)
    changed = [
        row
        for row in described.values()
        if row.key in inserted
        or row.before != row.after
        or not written.get(row.key, set()) <= set(row.after.items())
    ]
    if changed:
        former = _read_former_keys(row for row in changed if row.key not in inserted)
        documents = [_build_document(row, written.get(row.key, set()), former) for row in changed]
        execute(UPSERT_DOCUMENTS, dump_json(documents))
    missing = inserted - described.keys()
    if missing:
        execute(INSERT_MISSING_DOCUMENTS, dump_json([_describe(key, ids[key]) for key in missing]))


def _collect_former_values(statements: Iterable[SourceStatement]) -> dict[SourceKey, set[tuple[str, str]]]:
    """Return each value that the batch wrote to a column whose former values are found, with its column."""
    written: dict[SourceKey, set[tuple[str, str]]] = defaultdict(set)
    for statement in statements:
        for column in _former_columns(statement.key[1].model) & statement.writes.keys():
            value = statement.writes[column]
            if isinstance(value, str):
                written[statement.key].add((column, value))
    return written


def _read_former_keys(rows: Iterable[SearchedRow]) -> dict[Document, set[Key]]:
    """Return the former keys of those documents whose model has columns with former values."""
    wanted = [(model_name(row.model), row.id) for row in rows if _former_columns(model_name(row.model))]
    if not wanted:
        return {}
    found = fetch_rows(READ_KEYS, [name for name, _ in wanted], [id for _, id in wanted])
    return {(name, id): read_former(lexemes) for name, id, lexemes in found}


def _build_document(
    row: SearchedRow, written: set[tuple[str, str]], former: Mapping[Document, set[Key]]
) -> dict[str, Any]:
    columns = row.model.searched_columns
    words, keys = collect_keys(columns, row.after)
    if _former_columns(row.key[1].model):
        _, heard = collect_keys(columns, row.before)
        heard.update(*(read_value(columns[column], value)[1] for column, value in written))
        stored = former.get((row.key[1].model, row.id), set())
        keys |= join_former(stored, to_former(heard), to_former(keys))
    return _describe(row.key, row.id, words, keys)


def _describe(
    key: SourceKey, record_id: int, words: Sequence[str] = (), keys: Iterable[Key] = ()
) -> dict[str, Any]:
    source_id, (record_type, scope, external_id) = key
    return {
        "record_type": record_type,
        "record_id": record_id,
        "source_id": source_id,
        "scope": external_id if names_scope(record_type) else scope,
        "keys": format_document(record_type, external_id, words, keys),
    }


@cache
def _former_columns(record_type: str) -> frozenset[str]:
    """Return the columns of a model by whose former values its records are found."""
    columns = record_models_by_name()[record_type].searched_columns
    return frozenset(column for column, kind in columns.items() if kind.has_former_values)
