"""The SQL by which the records are written, made once for each model from its columns.

Rows travel as one JSON array a statement. `jsonb_populate_record` lays a document over the row as
it is: a key that is there writes its column, null included; a key that is absent leaves it.
Table names carry no schema, so that the same statements fill temporary tables of the same names.
"""

from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db.models import ForeignKey

from entities.models import Record, TimelineEntry
from entities.models.introspection import COMMON_FIELDS, mirrored_fields

TIMELINE_TABLE = TimelineEntry._meta.db_table

KEY = ("source_id", "scope", "external_id")
KEYS = (
    "jsonb_to_recordset(%s::jsonb)"
    " AS key (source_id bigint, scope text, external_id text, sub_account_id bigint)"
)


@dataclass(frozen=True)
class ModelStatements:
    """A mirrored model's columns, by how they are written, and its statements.

    plain: columns that one register fills; sets: columns that a whole value and additions fill;
    references: plain columns that refer -> the other model's name.
    """

    name: str
    plain: frozenset[str]
    sets: tuple[str, ...]
    references: dict[str, str]
    find: str
    insert: str
    lock: str
    update: str
    derive: dict[str, str]


@cache
def statements_for(model: type[Record]) -> ModelStatements:
    name = model._meta.db_table
    fields = mirrored_fields(model)
    written = [
        field.column
        for field in model._meta.concrete_fields
        if field.name in fields or field.name in PROJECTED
    ]
    columns = ", ".join(f'"{column}"' for column in written)
    return ModelStatements(
        name=name,
        plain=frozenset(name for name, field in fields.items() if not isinstance(field, ArrayField)),
        sets=tuple(name for name, field in fields.items() if isinstance(field, ArrayField)),
        references={
            name: str(field.related_model._meta.model_name)
            for name, field in fields.items()
            if isinstance(field, ForeignKey)
        },
        find=(
            f"SELECT t.id, t.source_id, t.scope, t.external_id FROM {KEYS}"
            f' JOIN "{name}" t USING (source_id, scope, external_id)'
        ),
        insert=(
            f'INSERT INTO "{name}" (source_id, scope, external_id, sub_account_id)'
            f" SELECT source_id, scope, external_id, sub_account_id FROM {KEYS}"
            " ORDER BY source_id, scope, external_id ON CONFLICT DO NOTHING"
        ),
        lock=f'SELECT id, registers FROM "{name}" WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE',
        update=(
            f'UPDATE "{name}" t SET changed_at = clock_timestamp(), ({columns}) ='
            f" (SELECT {columns} FROM jsonb_populate_record(t, said.document))"
            " FROM jsonb_to_recordset(%s::jsonb) AS said (id bigint, document jsonb) WHERE t.id = said.id"
        ),
        derive={
            column: (
                f'UPDATE "{name}" t SET "{column}" = said.value, changed_at = clock_timestamp()'
                " FROM jsonb_to_recordset(%s::jsonb) AS said (id bigint, value timestamptz)"
                f' WHERE t.id = said.id AND t."{column}" IS DISTINCT FROM said.value'
            )
            for column in model.derived
        },
    )


def compared_columns(model: type[Record]) -> tuple[str, ...]:
    """The columns in which two mirrors must agree: all but the keys and the mirror's own bookkeeping."""
    left_out = {"id", *KEY, "first_seen_at", "changed_at"}
    return tuple(str(field.column) for field in model._meta.concrete_fields if field.column not in left_out)


PROJECTED = COMMON_FIELDS & {"is_placeholder", "is_deleted", "deleted_at", "extra", "registers"}

INSERT_ENTRIES = f"""
    INSERT INTO "{TIMELINE_TABLE}" (record_type, record_id, event_id, clock, wrote)
    SELECT record_type, record_id, event_id, clock, wrote
    FROM jsonb_to_recordset(%s::jsonb)
        AS e (record_type text, record_id bigint, event_id bigint, clock text, wrote jsonb)
    ON CONFLICT (record_type, record_id, clock) DO UPDATE SET wrote = excluded.wrote
"""
"""An event that is applied anew says again what it said, by the mapping of today."""

READ_HISTORY = f"""
    SELECT record_id, clock, (
        SELECT jsonb_object_agg(name, wrote -> name) FROM unnest(asked.names) AS name WHERE wrote ? name
    )
    FROM (SELECT %s::text[] AS names) AS asked, "{TIMELINE_TABLE}"
    WHERE record_type = %s AND record_id = ANY(%s) AND wrote ?| asked.names
    ORDER BY record_id, clock
"""
"""What the entries of these records wrote to the named registers, in the order of clocks."""
