"""Tells whether the database has every migration of this process's code."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from crmmirror.lib.database.transient_errors import is_schema_error


class MigrationsMissing(Exception):
    """The database lacks migrations of the code: what the code reads or writes may not be there.

    names: of the missing migrations, in the order in which they have to be applied; at least one.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        super().__init__(f"the database lacks {names[0]}{more}: run manage.py migrate")


@cache
def list_code_migrations() -> tuple[tuple[str, str], ...]:
    """Return (app, name) of every migration of the code, in the order in which they have to be applied.

    Read once: newer code may be put under a process that runs, and then waits for its restart.
    """
    graph = MigrationLoader(None).graph
    plans = (graph.forwards_plan(leaf) for leaf in sorted(graph.leaf_nodes()))
    return tuple(dict.fromkeys(chain.from_iterable(plans)))


def find_missing_migrations() -> list[str]:
    """Return the names of the code's migrations that the database lacks."""
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{app}.{name}" for app, name in list_code_migrations() if (app, name) not in applied]


class RequiredMigrations:
    """Remembers whether the database has all migrations of this code, so that checks cost nothing then."""

    def __init__(self) -> None:
        self._are_applied = False

    @contextmanager
    def require(self) -> Iterator[None]:
        """Raise MigrationsMissing if one is missing, before the block or as the cause of an error in it."""
        if not self._are_applied:
            self.look_up()
        try:
            yield
        except Error as error:
            if is_schema_error(error):
                self.look_up()
            raise

    def look_up(self) -> None:
        """Ask the database, whatever is known: it may have been restored to an older state."""
        names = find_missing_migrations()
        self._are_applied = not names
        if names:
            raise MigrationsMissing(names)


required_migrations = RequiredMigrations()
