"""Random histories of events, and random ways to apply one: order, batches and repetitions."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction

from entities.generator.event_generator import generate_event
from entities.generator.payload_maker import Circumstances
from entities.shadow.digest import mirror_digest
from entities.stored_events import StoredEvent, Verdict
from entities.vendors import all_vendors, get_vendor
from entities.writing.process_batch import process_batch
from events.models import Event, Scheme, Source

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
CIRCUMSTANCES = Circumstances(ids=2, moments=3, timeless=0.1, junk=0.08, crowded=0.2)


Bodies = list[tuple[str, bytes]]
"""(vendor, body) of each event of a history, in the order of receipt."""

MakeBodies = Callable[[int, int], Bodies]
"""Makes the bodies of a history from its seed and its size."""


def generate_bodies(seed: int, size: int) -> Bodies:
    """Make `size` events of all vendors; a larger history of the same seed begins with the same events."""
    random = Random(seed)
    bodies: Bodies = []
    for _ in range(size):
        vendor = get_vendor(random.choice(sorted(all_vendors())))
        bodies.append((vendor.name, generate_event(random, vendor, CIRCUMSTANCES)))
    return bodies


def store_history(bodies: Bodies) -> list[StoredEvent]:
    """Store a history, one event a second."""
    sources = ensure_sources()
    return store_events(
        (sources[vendor], body, RECEIVED + timedelta(seconds=place))
        for place, (vendor, body) in enumerate(bodies)
    )


def ensure_sources() -> dict[str, Source]:
    """Return the source of each vendor, with two queries for all: thousands of histories need them anew."""
    rows = (Source(slug=vendor, vendor=vendor, scheme=Scheme.NONE) for vendor in all_vendors())
    Source.objects.bulk_create(rows, ignore_conflicts=True)
    return Source.objects.in_bulk(all_vendors(), field_name="slug")


def ensure_source(vendor: str, slug: str = "") -> Source:
    """Return the source with this slug, or the vendor's; create it if there is none."""
    return Source.objects.get_or_create(slug=slug or vendor, vendor=vendor, scheme=Scheme.NONE)[0]


def store_event(source: Source, body: bytes, received_at: datetime = RECEIVED) -> StoredEvent:
    return store_events([(source, body, received_at)])[0]


def store_events(deliveries: Iterable[tuple[Source, bytes, datetime]]) -> list[StoredEvent]:
    """Store bodies in this order; return their events, also of those that were stored before."""
    digested = [(source, hashlib.sha256(body).digest(), body, at) for source, body, at in deliveries]
    rows = (
        Event(source=source, digest=digest, body=body, occurred_at=at, received_at=at)
        for source, digest, body, at in digested
    )
    Event.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    events = Event.objects.filter(digest__in=[digest for _, digest, _, _ in digested])
    receipts = {
        (source, bytes(digest)): (id, at)
        for id, source, digest, at in events.values_list("id", "source", "digest", "received_at")
    }
    stored = []
    for source, digest, body, _ in digested:
        id, at = receipts[source.pk, digest]
        stored.append(StoredEvent(id, source.pk, source.vendor, digest.hex(), body, at, source.time_zone))
    return stored


def shuffle_into_batches(events: list[StoredEvent], random: Random) -> Iterator[list[StoredEvent]]:
    """Yield the events in random order, some of them twice, in batches of random size."""
    rest = events + random.choices(events, k=random.randrange(len(events)))
    random.shuffle(rest)
    while rest:
        size = random.choice((1, 1, 2, 3, 5, 50))
        yield rest[:size]
        rest = rest[size:]


def digest_after_batches(
    batches: Iterator[list[StoredEvent]] | list[list[StoredEvent]], look: Callable[[], Any] = mirror_digest
) -> Any:
    """Return the digest of an empty mirror, or what `look` returns, after these batches; roll all back."""
    with transaction.atomic():
        for batch in batches:
            outcomes = process_batch(batch)
            assert not [outcome for outcome in outcomes if outcome.retry], outcomes
            assert Verdict.MALFORMED not in {outcome.verdict for outcome in outcomes}
        digest = look()
        transaction.set_rollback(True)
    return digest
