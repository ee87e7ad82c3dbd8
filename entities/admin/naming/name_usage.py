"""Counts the records that use ids, within a bound that does not grow with the mirror."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Model

from crmmirror.lib.database.cursors import fetch_rows
from entities.models.naming.named_refs import columns_of_kind

# Of each model that has such ids, so many of its newest records are counted: no index serves these counts.
MAX_COUNTED_RECORDS = 100_000

Uses = Counter[tuple[str, str]]
"""(scope, id) -> records; the scope is empty for all of the source."""


def count_uses(source_id: int, kind: str, refs: Collection[str]) -> Uses:
    """Count the records of a source that use these ids of one kind, in one query."""
    columns = columns_of_kind(kind)
    if not columns or not refs:
        return Counter()
    statement = " UNION ALL ".join(_count_statement(model, column) for model, column in columns)
    uses: Uses = Counter()
    for scope, ref, count in fetch_rows(statement, *[source_id, list(refs)] * len(columns)):
        uses["", ref] += count
        if scope:
            uses[scope, ref] += count
    return uses


def _count_statement(model: type[Model], column: str) -> str:
    newest = (
        f'SELECT source_id, scope, "{column}" AS ref FROM "{model._meta.db_table}"'
        f" ORDER BY id DESC LIMIT {MAX_COUNTED_RECORDS}"
    )
    return (
        f"SELECT scope, ref, count(*) FROM ({newest}) AS newest"
        " WHERE source_id = %s AND ref = ANY(%s) GROUP BY scope, ref"
    )
