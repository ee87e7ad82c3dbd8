"""The canonical form of the mirror's state, and its digest: the same for equal mirrors on any machine."""

import hashlib
from collections.abc import Iterator
from functools import cache

from django.db import connection, transaction
from django.db.models import ForeignKey

from entities.models import Record
from entities.models.derived_tables import DERIVED_TABLES, DerivedTable
from entities.models.introspection import model_name, record_models
from entities.writing.search_writer import SEARCH_TABLE

ROWS_PER_FETCH = 1000
# Surrogate keys and the mirror's own times do not come from the vendors: equal mirrors may differ in them.
EXCLUDED_COLUMNS = ("id", "source_id", "first_seen_at", "changed_at")


def mirror_digest() -> str:
    """Return the SHA-256, in hex, over the canonical form of the whole mirror; in constant memory."""
    digest = hashlib.sha256()
    for line in canonical_lines():
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def canonical_lines() -> Iterator[str]:
    """Yield a JSON array for each record: its model, its source's slug, and every cell by column.

    References are external ids, never surrogate ids. The registers are a cell too, so are the search keys.
    Then yield the same of each row of a derived table.
    """
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_statement())
        while rows := cursor.fetchmany(ROWS_PER_FETCH):
            yield from (row[0] for row in rows)


@cache
def _statement() -> str:
    models = record_models()
    parts = [
        *(_select_records(place, model) for place, model in enumerate(models)),
        *(_select_derived(place, table) for place, table in enumerate(DERIVED_TABLES, len(models))),
    ]
    return (
        f"SELECT jsonb_build_array(model, slug, cells)::text FROM ({' UNION ALL '.join(parts)}) AS record"
        ' ORDER BY place, slug COLLATE "C", scope COLLATE "C", external_id COLLATE "C"'
    )


def _select_records(place: int, model: type[Record]) -> str:
    references = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    referred_ids = ", ".join(
        f"'{field.name}', (SELECT external_id FROM \"{field.related_model._meta.db_table}\" other"
        f' WHERE other.id = record."{field.column}")'
        for field in references
        if field.name != "source"
    )
    excluded = ", ".join(f"'{name}'" for name in (*EXCLUDED_COLUMNS, *(field.column for field in references)))
    return (
        f"SELECT {place} AS place, '{model_name(model)}' AS model, slug, record.scope, external_id,"
        f" to_jsonb(record) - ARRAY[{excluded}]"
        f" || jsonb_build_object({referred_ids}, 'search keys', document.keys) AS cells"
        f' FROM "{model._meta.db_table}" record JOIN events_source source ON source.id = record.source_id'
        f' LEFT JOIN "{SEARCH_TABLE}" document'
        f" ON document.record_type = '{model_name(model)}' AND document.record_id = record.id"
    )


def _select_derived(place: int, table: DerivedTable) -> str:
    """Return the SELECT of a derived table, with the columns of `_select_records`."""
    excluded = ", ".join(f"'{name}'" for name in (*EXCLUDED_COLUMNS, *table.record_ids))
    referred_ids = ", ".join(
        f"'{column}', (SELECT jsonb_agg(external_id ORDER BY external_id COLLATE \"C\")"
        f' FROM "{model._meta.db_table}" other WHERE other.id = ANY(derived.{column}))'
        for column, model in table.record_ids.items()
    )
    _, _, *rest = table.key
    return (
        f"SELECT {place} AS place, '{table.label}' AS model, slug, scope, concat_ws('/', {', '.join(rest)}),"
        f" to_jsonb(derived) - ARRAY[{excluded}] || jsonb_build_object({referred_ids}) AS cells"
        f' FROM "{table.name}" derived JOIN events_source source ON source.id = derived.source_id'
    )
