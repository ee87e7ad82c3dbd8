"""The SQL statements that write records, built once for each model from its columns.

A statement takes all its rows as one JSON array. `jsonb_populate_record` merges a document into a row: a
key of the document sets its column, also to null; columns that have no key keep their values.
Table names have no schema, so that the same statements write to shadow tables of the same names
(see `entities.shadow.shadow_tables`).
"""

from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db.models import ForeignKey

from entities.merge.balance_rule import Balance
from entities.merge.derived_columns import history_columns
from entities.models import Record, TimelineEntry
from entities.models.introspection import (
    COMMON_FIELDS,
    mirrored_fields,
    model_name,
    record_models_by_name,
    wholes_of,
)
from entities.writing.conversations import membership_expression

TIMELINE_TABLE = TimelineEntry._meta.db_table

# The common columns that `apply` computes from a record's state.
PROJECTED = COMMON_FIELDS & {
    "is_placeholder",
    "is_deleted",
    "deleted_at",
    "extra",
    "extra_omitted",
    "first_event_at",
    "last_event_at",
    "registers",
}
KEY = ("source_id", "scope", "external_id")
# What the merge reads of a row; times as they stand in clocks.
STATE_COLUMNS = (
    "id",
    "registers",
    """to_char(first_event_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
)
KEYS = (
    "jsonb_to_recordset(%s::jsonb)"
    " AS key (source_id bigint, scope text, external_id text, sub_account_id bigint)"
)


@dataclass(frozen=True)
class RecordTable:
    """A model's columns, by how they are written, and its statements.

    name: of the table.
    plain: columns that hold the value of one register.
    sets: columns that a whole set and additions to it make up.
    references: reference column -> the other model's name; these are in `plain` too.
    history: the registers whose history the derived columns are read off.
    wholes: reference column -> the model of the wholes of which the rows are parts.
    find, insert, lock, update, derive: SQL; `lock` returns STATE_COLUMNS, the ids in the columns of `wholes`,
        the membership and the searched columns; `derive` writes all columns that are derived from history.
    balances: column -> the SQL that computes it anew; it and `derive` return the rows that they changed.
    """

    name: str
    plain: frozenset[str]
    sets: tuple[str, ...]
    references: dict[str, str]
    history: frozenset[str]
    wholes: dict[str, type[Record]]
    find: str
    insert: str
    lock: str
    update: str
    derive: str
    balances: dict[str, str]


@cache
def record_table(model: type[Record]) -> RecordTable:
    """Return the statements of a model."""
    name = model._meta.db_table
    fields = mirrored_fields(model)
    written = [
        field.column
        for field in model._meta.concrete_fields
        if field.name in fields or field.name in PROJECTED or field.name in model.derived_columns
    ]
    columns = ", ".join(f'"{column}"' for column in written)
    wholes = wholes_of(model)
    whole_ids = (f'"{fields[column].column}"' for column in wholes)
    searched = (f'"{column}"' for column in model.searched_columns)
    read = ", ".join((*STATE_COLUMNS, *whole_ids, membership_expression(model), *searched))
    return RecordTable(
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
            " RETURNING id, source_id, scope, external_id"
        ),
        lock=(f'SELECT {read} FROM "{name}" WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE'),
        update=(
            f'UPDATE "{name}" t SET changed_at = clock_timestamp(), ({columns}) ='
            f" (SELECT {columns} FROM jsonb_populate_record(t, new.document))"
            " FROM jsonb_to_recordset(%s::jsonb) AS new (id bigint, document jsonb) WHERE t.id = new.id"
        ),
        history=history_columns(model.derived_columns),
        wholes=wholes,
        derive=_derive_statement(model, tuple(model.derived_columns)),
        balances={column: _balance_statement(model, column, rule) for column, rule in model.balances.items()},
    )


def _derive_statement(model: type[Record], columns: tuple[str, ...]) -> str:
    quoted = [f'"{column}"' for column in columns]
    new, old = (", ".join(f"{side}.{column}" for column in quoted) for side in ("new", "t"))
    types = ", ".join(f"{column} timestamptz" for column in quoted)
    assignments = ", ".join(f"{column} = new.{column}" for column in quoted)
    return (
        f'UPDATE "{model._meta.db_table}" t SET {assignments}, changed_at = clock_timestamp()'
        f" FROM jsonb_to_recordset(%s::jsonb) AS new (id bigint, {types})"
        f" WHERE t.id = new.id AND ({old}) IS DISTINCT FROM ({new}) {_returning_changed(model)}"
    )


def _returning_changed(model: type[Record]) -> str:
    """Return the clause by which a statement returns the rows that it changed, as `ChangedRecord`."""
    return f"RETURNING '{model_name(model)}', t.id, t.source_id, t.\"{model.scope_column}\", t.external_id"


def _balance_statement(model: type[Record], column: str, rule: Balance) -> str:
    """Return the SQL that computes a balance anew. Parameters: the settled statuses, and the wholes' ids."""
    name = model._meta.db_table
    part = record_models_by_name()[rule.part_model]._meta
    # GREATEST leaves nulls out.
    return (
        f'UPDATE "{name}" t SET "{column}" = new.balance, changed_at = clock_timestamp() FROM ('
        f' SELECT whole.id, CASE WHEN whole."{rule.status}" = ANY(%s) THEN 0'
        f' WHEN whole."{rule.total}" IS NOT NULL'
        f' THEN greatest(0, whole."{rule.total}" - greatest(0, whole."{rule.paid}", ('
        f' SELECT sum(part."{rule.part_amount}") FROM "{part.db_table}" part'
        f' WHERE part."{part.get_field(rule.part_whole).column}" = whole.id'  # type: ignore[union-attr]
        " AND NOT part.is_deleted AND NOT part.is_placeholder"
        f' AND coalesce(part."{rule.part_currency}" = whole."{rule.currency}", true)'
        f" ))) END AS balance"
        f' FROM "{name}" whole WHERE whole.id = ANY(%s)'
        f' ) AS new WHERE t.id = new.id AND t."{column}" IS DISTINCT FROM new.balance'
        f" {_returning_changed(model)}"
    )


def compared_columns(model: type[Record]) -> tuple[str, ...]:
    """Return the columns in which two mirrors must agree: all but the keys and the mirror's own times."""
    excluded = {"id", *KEY, "first_seen_at", "changed_at"}
    return tuple(str(field.column) for field in model._meta.concrete_fields if field.column not in excluded)


UPSERT_ENTRIES = f"""
    INSERT INTO "{TIMELINE_TABLE}" (record_type, record_id, event_id, clock, wrote)
    SELECT record_type, record_id, event_id, clock, wrote
    FROM jsonb_to_recordset(%s::jsonb)
        AS e (record_type text, record_id bigint, event_id bigint, clock text, wrote jsonb)
    ON CONFLICT (record_type, record_id, clock) DO UPDATE SET wrote = excluded.wrote
"""
"""An upsert: an event that is applied again replaces its entry, as its vendor's module may have changed."""

READ_HISTORY = f"""
    SELECT record_id, clock, (
        SELECT jsonb_object_agg(name, wrote -> name) FROM unnest(register.names) AS name WHERE wrote ? name
    )
    FROM (SELECT %s::text[] AS names) AS register, "{TIMELINE_TABLE}"
    WHERE record_type = %s AND record_id = ANY(%s) AND wrote ?| register.names
    ORDER BY record_id, clock
"""
"""Reads what the entries of these records wrote to the named registers, in the order of clocks."""
