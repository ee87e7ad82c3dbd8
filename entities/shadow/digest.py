"""The canonical state of the mirror, and its digest: equal for equal mirrors, on any machine."""

import hashlib
from collections.abc import Iterator
from functools import cache

from django.db import connection, transaction
from django.db.models import ForeignKey

from entities.models import Record
from entities.models.introspection import model_name, record_models

FETCH_ROWS = 1000
# Surrogate keys, and the mirror's own bookkeeping times, are not what a vendor said.
EXCLUDED_COLUMNS = ("id", "source_id", "first_seen_at", "changed_at")


def mirror_digest() -> str:
    """SHA-256 in hex over every record's canonical form; in constant memory."""
    found = hashlib.sha256()
    for line in canonical_lines():
        found.update(line.encode() + b"\n")
    return found.hexdigest()


def canonical_lines() -> Iterator[str]:
    """A JSON array a record: model, source's slug, and every cell by column, the registers with them.

    Other records stand by their external ids, never by surrogate ids.
    """
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_statement())
        while rows := cursor.fetchmany(FETCH_ROWS):
            yield from (row[0] for row in rows)


@cache
def _statement() -> str:
    parts = (_records(place, model) for place, model in enumerate(record_models()))
    return (
        f"SELECT jsonb_build_array(model, slug, cells)::text FROM ({' UNION ALL '.join(parts)}) AS record"
        ' ORDER BY place, slug COLLATE "C", scope COLLATE "C", external_id COLLATE "C"'
    )


def _records(place: int, model: type[Record]) -> str:
    references = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    others = ", ".join(
        f"'{field.name}', (SELECT external_id FROM \"{field.related_model._meta.db_table}\" other"
        f' WHERE other.id = record."{field.column}")'
        for field in references
        if field.name != "source"
    )
    dropped = ", ".join(f"'{name}'" for name in (*EXCLUDED_COLUMNS, *(field.column for field in references)))
    return (
        f"SELECT {place} AS place, '{model_name(model)}' AS model, slug, scope, external_id,"
        f" to_jsonb(record) - ARRAY[{dropped}] || jsonb_build_object({others}) AS cells"
        f' FROM "{model._meta.db_table}" record JOIN events_source source ON source.id = record.source_id'
    )
