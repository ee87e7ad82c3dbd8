"""Vacuums the tables that an erasure writes, so that the dead rows do not keep what was erased."""

from django.db import connection
from django.db.models import Model

from crmmirror.lib.database.cursors import execute
from entities.models import BaselineEntry, Change, ChangeNote, SearchDocument, TimelineEntry
from entities.models.derived_tables import DERIVED_TABLES
from entities.models.introspection import record_models
from events.models import Event


def vacuum_touched_tables() -> None:
    """Let PostgreSQL clear the dead rows away. Takes a while on a large mirror; nobody waits for it.

    Does nothing within a transaction, which holds its own dead rows. Those that an older one may still read
    stay until autovacuum.
    """
    if connection.in_atomic_block:
        return
    models: list[type[Model]] = [*record_models(), *(table.model for table in DERIVED_TABLES)]
    models += [Event, TimelineEntry, BaselineEntry, SearchDocument, Change, ChangeNote]
    for model in models:
        execute(f'VACUUM "{model._meta.db_table}"')
