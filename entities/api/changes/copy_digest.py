"""The digest of the records of one kind, which a client compares with that of its own copy.

The client has the ids and `changed_at` of its rows, so the digest is made of these: the sum, modulo 2 to the
64th, of the first 8 bytes of MD5("id microseconds"). A sum does not depend on the order, and can be computed
in any language.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db.models import F, Q

from crmmirror.lib.database.cursors import fetch_rows
from entities.access.visibility import Viewer, visible_to
from entities.api.changes.changed_records import match_listed
from entities.api.changes.reader_scope import ReaderScope
from entities.models import Change, Record
from entities.models.introspection import model_name

MAX_CHANGED = 500
# One statement, and so one snapshot. A row is the one of the cursor if its change has a number up to it, and
# it was not written since that change was noted.
COMPARE_ROWS = f"""
    WITH record AS ({{records}}), compared AS (
        SELECT record.pk AS id, changed_at,
            coalesce(change.number <= %s AND change.noted_at >= changed_at, false) AS is_same
        FROM record LEFT JOIN "{Change._meta.db_table}" change ON change.record_type = %s
            AND change.source_id = record.source_id AND change.scope = record.shown_scope
            AND change.external_id = record.external_id
    ), changed AS (
        SELECT id FROM compared WHERE NOT is_same
        UNION SELECT record_id FROM ({{changes}}) AS change
    )
    SELECT count(*) FILTER (WHERE is_same), coalesce(sum(
            ('x' || left(md5(id || ' ' || (extract(epoch FROM changed_at) * 1000000)::bigint), 16))
                ::bit(64)::bigint
        ) FILTER (WHERE is_same), 0)::text,
        (SELECT array_agg(id) FROM (SELECT id FROM changed ORDER BY id LIMIT {MAX_CHANGED + 1}) AS changed)
    FROM compared
"""


@dataclass(frozen=True)
class CopyDigest:
    """The digest of the rows that have not changed since a cursor.

    count: how many they are. digest: 16 hexadecimal digits. changed: ids of those that have changed since, at
    most MAX_CHANGED + 1 of them.
    """

    count: int
    digest: str
    changed: list[int]


def compute_digest(
    model: type[Record], viewer: Viewer, scope: ReaderScope, number: int, flags: Iterable[str]
) -> CopyDigest:
    """Return the digest of a list's rows as a copy has them that is complete up to a number of the feed."""
    records = visible_to(viewer, model._default_manager.filter(match_listed(flags))).order_by()
    columns = records.values(
        "pk", "changed_at", "source_id", "external_id", shown_scope=F(model.scope_column)
    )
    changes = Change.objects.filter(
        scope.match_changes(), Q(number__gt=number), record_type=model_name(model)
    )
    try:
        record_sql, record_values = columns.query.sql_with_params()
        change_sql, change_values = changes.values("record_id").order_by().query.sql_with_params()
    except EmptyResultSet:
        return CopyDigest(0, f"{0:016x}", [])
    statement = COMPARE_ROWS.format(records=record_sql, changes=change_sql)
    parameters = (*record_values, number, model_name(model), *change_values)
    ((count, total, changed),) = fetch_rows(statement, *parameters)
    return CopyDigest(count, f"{int(total) % 2**64:016x}", changed or [])
