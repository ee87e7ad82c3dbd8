"""A backlog of pending events, and an empty mirror to apply it to."""

import hashlib
from datetime import UTC, datetime
from random import Random

from django.db.models import Model


def empty() -> None:
    from django.db import connection

    from entities.models import TimelineEntry
    from entities.models.introspection import record_models
    from events.models import Event, Source

    models: tuple[type[Model], ...] = (*record_models(), TimelineEntry, Event, Source)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in models)} CASCADE")


def fill(count: int, copies: int = 1) -> None:
    """`count` pending events of both vendors in random order.

    copies: how many different events share each body but for white space at its end.
    """
    from entities.generator.event_generator import generate_stream
    from entities.vendors import all_vendors
    from events.models import Event, Source

    now = datetime.now(UTC)
    bodies: list[tuple[Source, bytes]] = []
    for name, vendor in all_vendors().items():
        source = Source.objects.create(slug=name, vendor=name, scheme="none")
        different = generate_stream(vendor, count // copies // len(all_vendors()), 1)
        bodies += [(source, body + b" " * place) for body in different for place in range(copies)]
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


def analyze() -> None:
    """What autovacuum does in a while, now: else a fresh table's plans are a matter of luck."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
