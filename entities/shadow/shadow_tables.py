"""The shadow: a second mirror in temporary tables of the same names as the live ones, for one transaction.

PostgreSQL looks up a table name without a schema among the session's temporary tables first. So, while the
shadow is open, the same code that applies events to the mirror fills the shadow instead. A row gets the id
that its key has in the live table, so that references compare and links stay valid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crmmirror.lib.database.cursors import execute, fetch_rows, fetch_value
from entities.feed.change_notes import NOTE_TABLE, note_gone_records, note_records_behind
from entities.models import Record
from entities.models.derived_tables import DERIVED_TABLES
from entities.models.introspection import model_name, record_models, wholes_of
from entities.shadow.compared_rows import WHOLE_MIRROR, ComparedRows
from entities.writing.record_tables import KEY, TIMELINE_TABLE, compared_columns
from entities.writing.search_writer import SEARCH_TABLE
from entities.writing.write_names import NAME_KEY, NAME_TABLE, upsert_names

# Off while the shadow fills: its new tables have no statistics, so the planner would choose to scan them.
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
CREATE_KEYED_TABLE = """
    CREATE TEMPORARY TABLE "{name}" (LIKE {live} INCLUDING DEFAULTS) ON COMMIT DROP;
    ALTER TABLE pg_temp."{name}" DROP COLUMN IF EXISTS id;
    CREATE UNIQUE INDEX ON pg_temp."{name}" ({key})
"""
# The shadow's changes are no changes of the mirror: what is noted of them is dropped.
CREATE_NOTE_TABLE = """
    CREATE TEMPORARY TABLE "{name}" (LIKE {live}) ON COMMIT DROP;
    CREATE RULE drop_notes AS ON INSERT TO pg_temp."{name}" DO INSTEAD NOTHING
"""
# A name that the log gives and the live table has not. The live table may have more: names that staff have
# given, and ids of events that a vendor's module reads otherwise today.
IS_OTHER_NAME = (
    "{excluded}.vendor_clock <> '' AND ({excluded}.vendor_clock, {excluded}.vendor_name)"
    " IS DISTINCT FROM ({held}.vendor_clock, {held}.vendor_name)"
)
# Without it, each batch would read all records to find those of one conversation. The reference comes first:
# without statistics, the planner takes an index that begins with source and scope for one of the keys too,
# and reads all records of the source for each.
CREATE_CONVERSATION_INDEX = 'CREATE INDEX ON pg_temp."{name}" ({ref}, source_id, scope)'


@dataclass(frozen=True)
class KeyedTable:
    """A table whose rows are compared and replaced by their key, because their ids mean nothing."""

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]


TIMELINE = KeyedTable(TIMELINE_TABLE, ("record_type", "record_id", "clock"), ("event_id", "wrote"))
SEARCH = KeyedTable(SEARCH_TABLE, ("record_type", "record_id"), ("source_id", "scope", "keys"))
KEYED_TABLES = (
    *(KeyedTable(table.name, table.key, table.values) for table in DERIVED_TABLES),
    TIMELINE,
    SEARCH,
)
# Table -> key, for all tables whose rows are known by a key alone.
TABLE_KEYS = {table.name: table.key for table in KEYED_TABLES} | {NAME_TABLE: NAME_KEY}


def open_shadow() -> None:
    """Create the shadow. From here to the end of the transaction, events are applied to it."""
    for model in record_models():
        name = model._meta.db_table
        same = equal_columns("live", "NEW", KEY)
        execute(CREATE_RECORD_TABLE.format(name=name, live=live_table(name), key=", ".join(KEY), same=same))
        if model.conversation_rule:
            execute(CREATE_CONVERSATION_INDEX.format(name=name, ref=model.conversation_rule.ref))
        for field in model._meta.concrete_fields:
            if field.name in wholes_of(model):
                execute(f'CREATE INDEX ON pg_temp."{name}" ("{field.column}")')
    for name, keys in TABLE_KEYS.items():
        execute(CREATE_KEYED_TABLE.format(name=name, live=live_table(name), key=", ".join(keys)))
    execute(CREATE_NOTE_TABLE.format(name=NOTE_TABLE, live=live_table(NOTE_TABLE)))
    for setting in PLANNER_SETTINGS:
        execute(f"SET LOCAL {setting} = off")


def close_shadow() -> None:
    """Collect the statistics that the planner needs to compare the shadow; call it after the last event."""
    for name in (*(model._meta.db_table for model in record_models()), *TABLE_KEYS):
        execute(f'ANALYZE pg_temp."{name}"')
    for setting in PLANNER_SETTINGS:
        execute(f"SET LOCAL {setting} = on")


def drop_shadow() -> None:
    """Drop the shadow before the transaction ends: names without a schema mean the live tables again."""
    for name in (*(model._meta.db_table for model in record_models()), *TABLE_KEYS, NOTE_TABLE):
        execute(f'DROP TABLE pg_temp."{name}"')


def live_table(name: str) -> str:
    """Return the live table's name with its schema: without one, the name means the shadow's table."""
    return f'"{live_schema()}"."{name}"'


def live_schema() -> str:
    """Return the schema of the live tables."""
    return str(fetch_value("SELECT current_schema()"))


def equal_columns(one: str, other: str, columns: Sequence[str]) -> str:
    """Return the SQL condition that two tables have equal values in these columns; null is never equal."""
    return " AND ".join(f'{one}."{column}" = {other}."{column}"' for column in columns)


def different_columns(columns: Sequence[str]) -> str:
    """Return the SQL condition that `live` and `shadow` differ in one of these columns."""
    sides = (", ".join(f'{side}."{column}"' for column in columns) for side in ("live", "shadow"))
    return "({}) IS DISTINCT FROM ({})".format(*sides)


def replace_live_tables() -> int:
    """Make the live tables equal to the shadow; return how many rows that changed.

    Writes only the rows that differ, and notes the records among them for the change feed. Nobody else may
    apply events meanwhile.
    """
    _adopt_live_ids()
    for model in record_models():
        lacking = _lacks_row(f'pg_temp."{model._meta.db_table}" shadow', ("id",))
        note_gone_records(model, live_schema(), lacking)
    changed = replace_compared_rows(WHOLE_MIRROR)
    # Those that were just written are behind, and so is what code from before the feed has written.
    note_records_behind(live_schema())
    return changed + _fill_in_names()


def replace_compared_rows(compared: ComparedRows) -> int:
    """Make these rows of the live tables equal to the shadow's; return how many changed. Notes none of them.

    No name is written. Nobody else may apply events meanwhile.
    """
    records = sum(
        _replace_rows(
            model._meta.db_table, ("id",), (*KEY, *compared_columns(model)), compared, has_changed_at=True
        )
        for model in record_models()
    )
    return records + sum(
        _replace_rows(table.name, table.key, table.values, compared, has_changed_at=False)
        for table in KEYED_TABLES
    )


def _fill_in_names() -> int:
    """Write the vendors' names that the live table lacks; return how many. Nothing is deleted."""
    condition = IS_OTHER_NAME.format(excluded="excluded", held="held")
    return execute(upsert_names(live_table(NAME_TABLE), f'pg_temp."{NAME_TABLE}"', condition))


def _replace_rows(
    name: str, key: Sequence[str], values: Sequence[str], compared: ComparedRows, *, has_changed_at: bool
) -> int:
    temporary = f'pg_temp."{name}"'
    live, shadow = f"{live_table(name)} live", f"{temporary} shadow"
    selected = f"{compared.select(name, temporary)} shadow"
    is_compared = compared.conditions.get(name, "true")
    same = equal_columns("live", "shadow", key)
    columns = ", ".join(f'"{column}"' for column in (*key, *values))
    assignments = ", ".join(f'"{column}" = shadow."{column}"' for column in values)
    if has_changed_at:
        assignments += ", changed_at = clock_timestamp()"
    update = f"UPDATE {live} SET {assignments} FROM {selected} WHERE {same} AND {different_columns(values)}"
    statements = (
        f"DELETE FROM {live} WHERE {is_compared} AND {_lacks_row(shadow, key)}",
        # A table may consist of its key alone.
        *([update] if values else []),
        f"INSERT INTO {live_table(name)} ({columns}) SELECT {columns} FROM {selected}"
        f" WHERE {_lacks_row(live, key)}",
    )
    return sum(execute(statement) for statement in statements)


def _lacks_row(table: str, key: Sequence[str]) -> str:
    """Return the SQL condition that the other side has no row of this key. table: its name and alias."""
    return f"NOT EXISTS (SELECT FROM {table} WHERE {equal_columns('live', 'shadow', key)})"


def _adopt_live_ids() -> None:
    """Give the shadow's rows the live ids of their keys.

    A record that was created on both sides since the shadow was opened has two ids; people may have links to
    the live one.
    """
    for model in record_models():
        name = model._meta.db_table
        pairs = fetch_rows(
            f'SELECT shadow.id, live.id FROM pg_temp."{name}" shadow JOIN {live_table(name)} live'
            f" ON {equal_columns('live', 'shadow', KEY)} WHERE shadow.id <> live.id"
        )
        for shadow_id, live_id in pairs:
            _change_id(model, shadow_id, live_id)


def _change_id(model: type[Record], old: int, new: int) -> None:
    """Change a row's id in the shadow, and all references to it."""
    execute(f'UPDATE pg_temp."{model._meta.db_table}" SET id = %s WHERE id = %s', new, old)
    for referring in record_models():
        for field in referring._meta.concrete_fields:
            if field.related_model is model:
                table, column = referring._meta.db_table, f'"{field.column}"'
                execute(f'UPDATE pg_temp."{table}" SET {column} = %s WHERE {column} = %s', new, old)
    for derived in DERIVED_TABLES:
        for column, referred in derived.record_ids.items():
            if referred is model:
                _change_id_in_arrays(derived.name, column, old, new)
    for belonging in (TIMELINE, SEARCH):
        execute(
            f'UPDATE pg_temp."{belonging.name}" SET record_id = %s WHERE record_type = %s AND record_id = %s',
            new,
            model_name(model),
            old,
        )


def _change_id_in_arrays(table: str, column: str, old: int, new: int) -> None:
    execute(
        f'UPDATE pg_temp."{table}" SET {column} = ('
        f"SELECT array_agg(id ORDER BY id) FROM unnest(array_replace({column}, %s, %s)) AS id)"
        f" WHERE %s = ANY({column})",
        old,
        new,
        old,
    )
