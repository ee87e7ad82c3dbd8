"""A second mirror beside the live one, in temporary tables of the same names, for one transaction.

PostgreSQL looks for a bare table name among the session's temporary tables first, so while the
shadow is open the very code that applies events to the mirror fills the shadow instead. Rows get the
ids that their keys have in the live tables, so that references compare and links survive.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from entities.models import Record
from entities.models.introspection import model_name, record_models
from entities.writing.statements import KEY, TIMELINE_TABLE, compared_columns

# The fresh tables have no statistics to plan by: while they fill, use their indexes whatever happens.
PLANNER_SETTINGS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")

CREATE_RECORD_TABLE = """
    CREATE TEMPORARY TABLE "{name}" (LIKE {live} INCLUDING DEFAULTS) ON COMMIT DROP;
    CREATE UNIQUE INDEX ON pg_temp."{name}" (id);
    CREATE UNIQUE INDEX ON pg_temp."{name}" ({key});
    CREATE OR REPLACE FUNCTION pg_temp."keep_id_{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        NEW.id := coalesce(
            (SELECT live.id FROM {live} live WHERE {same}), nextval(pg_get_serial_sequence('{live}', 'id'))
        );
        RETURN NEW;
    END $body$;
    CREATE TRIGGER keep_id BEFORE INSERT ON pg_temp."{name}"
        FOR EACH ROW EXECUTE FUNCTION pg_temp."keep_id_{name}"()
"""
CREATE_TIMELINE_TABLE = """
    CREATE TEMPORARY TABLE "{name}" (LIKE {live} INCLUDING DEFAULTS) ON COMMIT DROP;
    ALTER TABLE pg_temp."{name}" DROP COLUMN id;
    CREATE UNIQUE INDEX ON pg_temp."{name}" ({key})
"""
ENTRY_KEY = ("record_type", "record_id", "clock")
ENTRY_VALUES = ("event_id", "wrote")


def open_shadow() -> None:
    """From here to the end of the transaction, what is applied goes into the shadow."""
    for model in record_models():
        name = model._meta.db_table
        same = equal_columns("live", "NEW", KEY)
        _run(CREATE_RECORD_TABLE.format(name=name, live=live_table(name), key=", ".join(KEY), same=same))
    _run(
        CREATE_TIMELINE_TABLE.format(
            name=TIMELINE_TABLE, live=live_table(TIMELINE_TABLE), key=", ".join(ENTRY_KEY)
        )
    )
    for setting in PLANNER_SETTINGS:
        _run(f"SET LOCAL {setting} = off")


def close_shadow() -> None:
    """After the last event: the statistics that comparing and landing are planned by."""
    for name in (*(model._meta.db_table for model in record_models()), TIMELINE_TABLE):
        _run(f'ANALYZE pg_temp."{name}"')
    for setting in PLANNER_SETTINGS:
        _run(f"SET LOCAL {setting} = on")


def live_table(name: str) -> str:
    """The live table, which the shadow's of the same name hides."""
    return f'"{_run("SELECT current_schema()")[0][0]}"."{name}"'


def equal_columns(one: str, other: str, columns: Sequence[str]) -> str:
    return " AND ".join(f'{one}."{column}" = {other}."{column}"' for column in columns)


def different_columns(columns: Sequence[str]) -> str:
    sides = (", ".join(f'{side}."{column}"' for column in columns) for side in ("live", "shadow"))
    return "({}) IS DISTINCT FROM ({})".format(*sides)


def replace_live_tables() -> int:
    """Makes the live tables equal to the shadow; touches, and counts, only the rows that differ.

    Nobody else may apply events meanwhile.
    """
    _adopt_ids()
    touched = sum(
        _land(model._meta.db_table, ("id",), (*KEY, *compared_columns(model)), True)
        for model in record_models()
    )
    return touched + _land(TIMELINE_TABLE, ENTRY_KEY, ENTRY_VALUES, False)


def _land(name: str, key: Sequence[str], values: Sequence[str], has_changed_at: bool) -> int:
    held, rebuilt, same = (
        f"{live_table(name)} live",
        f'pg_temp."{name}" shadow',
        equal_columns("live", "shadow", key),
    )
    columns = ", ".join(f'"{column}"' for column in (*key, *values))
    laid = ", ".join(f'"{column}" = shadow."{column}"' for column in values)
    stamp = ", changed_at = clock_timestamp()" if has_changed_at else ""
    return sum(
        _count(statement)
        for statement in (
            f"DELETE FROM {held} WHERE NOT EXISTS (SELECT FROM {rebuilt} WHERE {same})",
            f"UPDATE {held} SET {laid}{stamp} FROM {rebuilt} WHERE {same} AND {different_columns(values)}",
            f"INSERT INTO {live_table(name)} ({columns}) SELECT {columns} FROM {rebuilt}"
            f" WHERE NOT EXISTS (SELECT FROM {held} WHERE {same})",
        )
    )


def _adopt_ids() -> None:
    """A record that came to be on both sides since the shadow was opened has two ids: the live one stays."""
    for model in record_models():
        name = model._meta.db_table
        twins = _run(
            f'SELECT shadow.id, live.id FROM pg_temp."{name}" shadow JOIN {live_table(name)} live'
            f" ON {equal_columns('live', 'shadow', KEY)} WHERE shadow.id <> live.id"
        )
        for old, new in twins:
            _adopt(model, old, new)


def _adopt(model: type[Record], old: int, new: int) -> None:
    _run(f'UPDATE pg_temp."{model._meta.db_table}" SET id = %s WHERE id = %s', new, old)
    for other in record_models():
        for field in other._meta.concrete_fields:
            if field.related_model is model:
                column = f'"{field.column}"'
                _run(
                    f'UPDATE pg_temp."{other._meta.db_table}" SET {column} = %s WHERE {column} = %s', new, old
                )
    _run(
        f'UPDATE pg_temp."{TIMELINE_TABLE}" SET record_id = %s WHERE record_type = %s AND record_id = %s',
        new,
        model_name(model),
        old,
    )


def _count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


def _run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
