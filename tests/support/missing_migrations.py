"""Makes the tests' database one of an older version: a column and the migration that adds it are missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.loader import MigrationLoader

# The last one: a database of an older version lacks what comes last.
MIGRATION = MigrationLoader(None).graph.leaf_nodes("entities")[0]


@contextmanager
def missing_column(table: str, column: str, *, is_migration_missing: bool = True) -> Iterator[None]:
    """Hide a column while the context lasts, and let a migration seem not to be applied."""
    with connection.cursor() as cursor:
        if is_migration_missing:
            cursor.execute("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", MIGRATION)
        cursor.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO hidden')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{table}" RENAME COLUMN hidden TO "{column}"')
            if is_migration_missing:
                cursor.execute(
                    "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", MIGRATION
                )
