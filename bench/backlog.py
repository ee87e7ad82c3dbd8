"""Prepares the database for a measurement: an empty mirror, and a backlog of pending events."""

import hashlib
from datetime import UTC, datetime
from random import Random
from typing import Any

from django.db.models import Model

COMPANY_TIME = datetime(2026, 6, 1, tzinfo=UTC)


def empty_tables() -> None:
    """Delete all records, events and sources."""
    from crmmirror.lib.database.cursors import execute
    from entities.models import Change, ChangeNote, SearchDocument, TimelineEntry
    from entities.models.derived_tables import DERIVED_TABLES
    from entities.models.introspection import record_models
    from events.models import Event, Source

    derived = (table.model for table in DERIVED_TABLES)
    belonging: tuple[type[Model], ...] = (TimelineEntry, SearchDocument, Change, ChangeNote)
    models: tuple[type[Model], ...] = (*record_models(), *derived, *belonging, Event, Source)
    execute(f"TRUNCATE {', '.join(model._meta.db_table for model in models)} CASCADE")


def store_pending_events(count: int, copies: int = 1) -> None:
    """Store `count` pending events of all vendors, in random order.

    copies: how many events share one generated body. They differ in white space at its end, because an event
    with the same bytes would be a duplicate.
    """
    from entities.generator.event_generator import generate_stream
    from entities.vendors import all_vendors
    from events.models import Source

    bodies: list[tuple[Any, bytes]] = []
    for name, vendor in all_vendors().items():
        source = Source.objects.create(slug=name, vendor=name, scheme="none")
        generated = generate_stream(vendor, count // copies // len(all_vendors()), 1)
        bodies += [(source, body + b" " * copy) for body in generated for copy in range(copies)]
    _store(bodies)


def store_company_events(count: int, now: datetime = COMPANY_TIME) -> None:
    """Store `count` pending events of an invented company, half of each vendor, in random order.

    now: the latest time that an event may have.
    """
    from entities.generator.company_events import generate_company
    from entities.vendors import all_vendors
    from events.models import Source

    bodies: list[tuple[Any, bytes]] = []
    for name, vendor in all_vendors().items():
        source = Source.objects.create(slug=name, vendor=name, scheme="none")
        generated = generate_company(vendor, count // len(all_vendors()), 1, now)
        bodies += [(source, body) for body in generated]
    _store(bodies)


def _store(bodies: list[tuple[Any, bytes]]) -> None:
    """Store the bodies, each with its source, as pending events in random order."""
    from events.models import Event

    now = datetime.now(UTC)
    Random(1).shuffle(bodies)  # noqa: S311
    Event.objects.bulk_create(
        (
            Event(
                source=source,
                digest=hashlib.sha256(body).digest(),
                body=body,
                occurred_at=now,
                received_at=now,
            )
            for source, body in bodies
        ),
        batch_size=2000,
    )


def vacuum_analyze() -> None:
    """Do what autovacuum does after a while: without statistics, the plans for a new table vary by chance."""
    from crmmirror.lib.database.cursors import execute

    execute("VACUUM ANALYZE")
