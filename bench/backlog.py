"""Prepares the database for a measurement: an empty mirror, and a backlog of pending events."""

import hashlib
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from random import Random

from django.db.models import Model

from bench import servers

COMPANY_TIME = datetime(2026, 6, 1, tzinfo=UTC)
STORED_TOGETHER = 2000
WORKERS = 2
POLL_SECONDS = 0.5
REPORT_SECONDS = 20
# The name of a vendor, and the body of an event of his.
VendorBody = tuple[str, bytes]


def empty_tables() -> None:
    """Delete all records, events and sources."""
    from crmmirror.lib.database.cursors import execute
    from entities.models import Change, ChangeNote, SearchDocument, TimelineEntry
    from entities.models.derived_tables import DERIVED_TABLES
    from entities.models.introspection import record_models
    from events.models import Event, Source
    from events.processing.drain import WRITTEN_NAMES, WRITTEN_WORDS

    derived = (table.model for table in DERIVED_TABLES)
    belonging: tuple[type[Model], ...] = (TimelineEntry, SearchDocument, Change, ChangeNote)
    models: tuple[type[Model], ...] = (*record_models(), *derived, *belonging, Event, Source)
    execute(f"TRUNCATE {', '.join(model._meta.db_table for model in models)} CASCADE")
    # What this process has written to the tables of names and words is there no more.
    WRITTEN_NAMES.clear()
    WRITTEN_WORDS.clear()


def store_pending_events(count: int, copies: int = 1) -> None:
    """Store `count` pending events of all vendors, in random order.

    copies: how many events share one generated body. They differ in white space at its end, because an event
    with the same bytes would be a duplicate.
    """
    from entities.generator.event_generator import generate_stream
    from entities.vendors import all_vendors

    bodies: list[VendorBody] = []
    for name, vendor in all_vendors().items():
        generated = generate_stream(vendor, count // copies // len(all_vendors()), 1)
        bodies += [(name, body + b" " * copy) for body in generated for copy in range(copies)]
    store_shuffled(bodies)


def store_company_events(count: int, now: datetime = COMPANY_TIME) -> None:
    """Store `count` pending events of an invented company, as many of each vendor, in random order.

    now: the latest time that an event may have.
    """
    store_shuffled(generate_company_bodies(count, now))


def generate_company_bodies(count: int, now: datetime = COMPANY_TIME) -> list[VendorBody]:
    """Return the bodies of `count` events of an invented company, as many of each vendor, give or take one.

    The bodies of each vendor are in the order of their times, and the vendors take turns.
    """
    from entities.generator.company_events import generate_company
    from entities.vendors import all_vendors

    vendors = all_vendors()
    parts = [
        [(name, body) for body in generate_company(vendor, (count + place) // len(vendors), 1, now)]
        for place, (name, vendor) in enumerate(vendors.items())
    ]
    return [told for turn in zip_longest(*parts) for told in turn if told]


def store_shuffled(bodies: Sequence[VendorBody]) -> None:
    """Store bodies as pending events in random order, the same each time."""
    store_bodies(shuffle(bodies))


def shuffle(bodies: Sequence[VendorBody]) -> list[VendorBody]:
    """Return the bodies in random order, the same each time."""
    return Random(1).sample(bodies, len(bodies))  # noqa: S311


def store_bodies(bodies: Sequence[VendorBody]) -> None:
    """Store bodies as pending events, in this order, for the vendors' sources, made if need be.

    All or none are stored, so that a run that is cut leaves nothing that looks whole.
    """
    from django.db import transaction

    from events.models import Event, Source

    now = datetime.now(UTC)
    with transaction.atomic():
        sources: dict[str, Source] = {}
        for name in dict.fromkeys(name for name, _ in bodies):
            sources[name], _ = Source.objects.get_or_create(
                slug=name, defaults={"vendor": name, "scheme": "none"}
            )
        for start in range(0, len(bodies), STORED_TOGETHER):
            Event.objects.bulk_create(
                Event(
                    source=sources[name],
                    digest=hashlib.sha256(body).digest(),
                    body=body,
                    occurred_at=now,
                    received_at=now,
                )
                for name, body in bodies[start : start + STORED_TOGETHER]
            )


def drain_with_workers(state: Path) -> None:
    """Apply all pending events with a worker of WORKERS processes; print how far it is."""
    from events.models import Event
    from events.processing.drain import has_pending_events
    from events.tasks import drain

    if not has_pending_events():
        return
    with servers.run_worker(state, WORKERS):
        for _ in range(WORKERS):
            drain.delay()
        report_at = time.monotonic() + REPORT_SECONDS
        while has_pending_events():
            time.sleep(POLL_SECONDS)
            if time.monotonic() >= report_at:
                waiting = Event.objects.filter(status=Event.Status.PENDING).count()
                sys.stderr.write(f"{waiting:,} events wait\n")
                report_at = time.monotonic() + REPORT_SECONDS
    vacuum_analyze()


def vacuum_analyze() -> None:
    """Do what autovacuum does after a while: without statistics, the plans for a new table vary by chance."""
    from crmmirror.lib.database.cursors import execute

    execute("VACUUM ANALYZE")
