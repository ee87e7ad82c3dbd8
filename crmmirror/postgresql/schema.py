"""The schema editor: Django's, which waits for locks only as long as deliveries can bear.

Every later statement on a table queues behind one that waits for the table's lock. So an ALTER TABLE that
waits for one long reader would hold up all deliveries.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.db.backends.postgresql import schema

# Longer than PostgreSQL's deadlock_timeout, 1 s by default, after which an autovacuum that is in the way is
# cancelled. Shorter than the 3 s and 4 s that deliveries wait for a connection and for a statement.
LOCK_TIMEOUT_SECONDS = 2
# Nothing queues behind an index that is built or dropped concurrently: it may wait until all transactions
# that are older than it have ended.
CONCURRENT_LOCK_TIMEOUT_SECONDS = 600

IS_CONCURRENT = re.compile(r"\s*(CREATE|CREATE UNIQUE|DROP) INDEX CONCURRENTLY\b")
CREATED_INDEX = re.compile(r'\s*CREATE (UNIQUE )?INDEX CONCURRENTLY (IF NOT EXISTS )?"?(?P<name>\w+)')
IS_INDEX_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s))"


class SchemaEditor(schema.DatabaseSchemaEditor):
    """Changes the schema with a `lock_timeout`. A statement that it cuts raises OperationalError (55P03).

    Concurrent index operations are idempotent, so that a migration of several of them can be run again after
    it was cut.
    """

    def __enter__(self) -> Self:
        super().__enter__()
        self._set_lock_timeout(LOCK_TIMEOUT_SECONDS)
        return self

    def __exit__(self, *exception: Any) -> None:
        try:
            super().__exit__(*exception)
        finally:
            # In a transaction the setting ends with it.
            if not self.atomic_migration and self.connection.is_usable():
                self._run("RESET lock_timeout")

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Execute a statement of the migration, or collect it.

        A concurrent one waits for longer. An index of its name that is valid was built by an attempt that was
        cut later, and stays; an invalid one is what PostgreSQL leaves of a build that was cut, and goes.
        """
        statement = str(sql)
        if self.collect_sql or not IS_CONCURRENT.match(statement):
            return super().execute(sql, params)
        if created := CREATED_INDEX.match(statement):
            is_valid = self._run(IS_INDEX_VALID, created["name"])
            if is_valid:
                return None
            if is_valid is False:
                self.execute(f"DROP INDEX CONCURRENTLY {self.quote_name(created['name'])}")
        with self._wait_longer():
            return super().execute(sql, params)

    @contextmanager
    def _wait_longer(self) -> Iterator[None]:
        """Wait for locks longer in this block. An error leaves the setting to `__exit__`."""
        self._set_lock_timeout(CONCURRENT_LOCK_TIMEOUT_SECONDS)
        yield
        self._set_lock_timeout(LOCK_TIMEOUT_SECONDS)

    def _set_lock_timeout(self, seconds: int) -> None:
        if not self.collect_sql:
            self._run(f"SET {'LOCAL' if self.atomic_migration else 'SESSION'} lock_timeout = '{seconds}s'")

    def _run(self, statement: str, *parameters: Any) -> Any:
        """Run a statement that is no part of the migration; return its first value, or None."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None
