"""`manage.py migrate`: Django's, which gives way if it does not get a lock, and tries again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations import Migration

from crmmirror.lib.database.transient_errors import is_lock_conflict
from crmmirror.management.lock_watch import LockWatch
from entities.sql.sql_views import create_views, drop_views, has_pending_migrations, has_schema

# Back-off: the pauses between two attempts, in which deliveries go on.
BACK_OFF_SECONDS = (1, 2, 4)
MAX_BACK_OFF_SECONDS = 8
# How long one migration may be held up.
MAX_WAIT_SECONDS = 600


class Command(migrate.Command):
    help = (
        "Migrates the database while the mirror runs: a migration that does not get a lock within two seconds"
        " gives way and is tried again, for ten minutes at most."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; begin again after the last applied migration while others hold a lock that is needed."""
        self._shown_verbosity = options["verbosity"]
        self._restart_clock()
        while True:
            try:
                with self._watching(options["database"]) as watch, self._setting_views_aside(options):
                    super().handle(*args, **options)
                return
            except OperationalError as error:
                if not is_lock_conflict(error):
                    raise
                self._give_way(watch)
            # What it prints first was printed by the first attempt.
            options["verbosity"] = 0

    def migration_progress_callback(
        self, action: str, migration: Migration | None = None, fake: bool = False
    ) -> None:
        """Print the progress as Django does, and give each migration a time of its own."""
        self.verbosity = self._shown_verbosity
        super().migration_progress_callback(action, migration, fake)
        if action in ("apply_start", "unapply_start"):
            self._migration = str(migration)
        elif action in ("apply_success", "unapply_success"):
            self._restart_clock()

    def _restart_clock(self) -> None:
        self._migration = "the schema"
        self._started = time.monotonic()
        self._pauses = chain(BACK_OFF_SECONDS, repeat(MAX_BACK_OFF_SECONDS))

    @contextmanager
    def _watching(self, alias: str) -> Iterator[LockWatch]:
        """Watch whom this connection waits for."""
        connection = connections[alias]
        connection.ensure_connection()
        with LockWatch(connection.connection.info.backend_pid, self._print) as watch:
            yield watch

    @contextmanager
    def _setting_views_aside(self, options: dict[str, Any]) -> Iterator[None]:
        """Drop the analysts' views before the schema changes, which they would not allow; make them again.

        After an error they stay dropped: those of this code may not fit the tables as they are then.
        """
        is_change = options["app_label"] or has_pending_migrations()
        is_needed = bool(
            is_change and not options["plan"] and not options["check_unapplied"] and has_schema()
        )
        if is_needed:
            drop_views()
        yield
        if is_needed:
            create_views()

    def _give_way(self, watch: LockWatch) -> None:
        """Pause before the next attempt. Raises CommandError if the time is up."""
        waited = time.monotonic() - self._started
        if waited >= MAX_WAIT_SECONDS:
            raise CommandError(
                f"{self._migration} did not get its locks in {waited:.0f} s: {watch.describe()}. End that"
                " session, or wait until it has ended, and run migrate again; what was applied before stays."
            )
        pause = next(self._pauses)
        self._print(f"{self._migration} gives way to {watch.describe()}; tries again in {pause} s")
        time.sleep(pause)

    def _print(self, text: str) -> None:
        """Print a line of its own: Django has begun one with the migration's name. At any verbosity."""
        self.stdout.write(f"{chr(10) if self._shown_verbosity else ''}    {text}")
        self.stdout.flush()
