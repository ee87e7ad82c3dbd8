"""The views that analysts read in SQL, in a schema of their own: one for each entity, and a few beside.

Each view is narrowed to the sources of the role that asks (`SqlReader`). They are security barriers
(https://www.postgresql.org/docs/current/rules-privileges.html): a condition of the reader's is evaluated on
rows that he may see only.
"""

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.models import Name, Record, SqlReader, TimelineEntry
from entities.models.introspection import record_models

SCHEMA = "mirror"
# `sub_account_id` shows what `scope` holds, and the provenance what `registers` holds.
HIDDEN_COLUMNS = frozenset({"source_id", "scope", "registers"})


def make_views() -> dict[str, str]:
    """Return name -> SELECT of each view."""
    source = _table(Name._meta.get_field("source").related_model)
    event = _table(TimelineEntry._meta.get_field("event").related_model)
    views = {view_name(model): _select_records(model, source) for model in record_models()}
    views["timeline"] = f"""
        SELECT entry.record_type AS entity, entry.record_id, entry.event_id, event.event_type,
            event.occurred_at, event.received_at, entry.wrote
        FROM {_table(TimelineEntry)} AS entry JOIN {event} AS event ON event.id = entry.event_id
        WHERE {_sees("event.source_id", source)}"""
    views["names"] = f"""
        SELECT source.slug AS source, name.scope, name.kind, name.ref,
            coalesce(nullif(name.name, ''), nullif(name.vendor_name, '')) AS name, name.position
        FROM {_table(Name)} AS name JOIN {source} AS source ON source.id = name.source_id
        WHERE {_sees("name.source_id", source)}"""
    views["sources"] = f"""
        SELECT slug, vendor, label, active, assumed_currency, created_at
        FROM {source} AS source WHERE {_sees("source.id", source)}"""
    return views


def view_name(model: type[Record]) -> str:
    """Return the name of a model's view: form_submissions."""
    return str(model._meta.verbose_name_plural).replace(" ", "_")


def create_views() -> None:
    """Create the schema and its views, in place of those that there are, for all readers."""
    with transaction.atomic():
        drop_views()
        execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for name, select in make_views().items():
            execute(f"CREATE VIEW {SCHEMA}.{name} WITH (security_barrier) AS {select}")
        for role in SqlReader.objects.values_list("role", flat=True):
            grant_views(role)


def drop_views() -> None:
    """Drop the views; the schema stays, with the readers' right to use it."""
    for name in _existing_views():
        execute(f"DROP VIEW {SCHEMA}.{connection.ops.quote_name(name)} CASCADE")


def grant_views(role: str) -> None:
    """Let a role read the views. Does nothing if there is no such role, as in a dump that was restored."""
    if fetch_value("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        quoted = connection.ops.quote_name(role)
        execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted}")
        execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {quoted}")


def has_schema() -> bool:
    """Return True if there are, or have been, readers."""
    return bool(fetch_value("SELECT 1 FROM pg_namespace WHERE nspname = %s", SCHEMA))


def has_pending_migrations() -> bool:
    """Return True if `migrate` would change the schema."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _existing_views() -> list[str]:
    names = "SELECT array_agg(viewname::text) FROM pg_views WHERE schemaname = %s"
    return fetch_value(names, SCHEMA) or []


def _select_records(model: type[Record], source: str) -> str:
    names = (field.column for field in model._meta.concrete_fields)
    columns = ", ".join(f'record."{name}"' for name in names if name not in HIDDEN_COLUMNS)
    return f"""
        SELECT source.slug AS source, {columns}
        FROM {_table(model)} AS record JOIN {source} AS source ON source.id = record.source_id
        WHERE {_sees("record.source_id", source)}"""


def _sees(column: str, source: str) -> str:
    """Return the condition that the column holds a source which the role that asks may see.

    The array is made once for each query. In a view, current_user is the role that asks, not the owner.
    """
    return f"""{column} = ANY (ARRAY(
            SELECT seen.id FROM {source} AS seen JOIN {_table(SqlReader)} AS reader
            ON reader.role = current_user AND (reader.source_ids IS NULL OR seen.id = ANY (reader.source_ids))
        ))"""


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
