"""Ends a command whose database lacks a migration of the code, before it reads or writes anything."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from crmmirror.lib.database.required_migrations import MigrationsMissing, required_migrations


@contextmanager
def require_migrations() -> Iterator[None]:
    """Raise CommandError if the database lacks a migration, at the beginning or as an error of the block."""
    try:
        with required_migrations.require():
            yield
    except MigrationsMissing as missing:
        raise CommandError(str(missing)) from missing
