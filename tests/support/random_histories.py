"""Made-up histories, and ways to apply one: order, batches and repetitions drawn from a seed."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from django.db import transaction

from entities.generator.event_generator import Circumstances, generate_event
from entities.shadow.digest import mirror_digest
from entities.stored_events import StoredEvent, Verdict
from entities.vendors import all_vendors, get_vendor
from entities.writing.process_batch import process_batch
from events.models import Event, Scheme, Source

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
CIRCUMSTANCES = Circumstances(ids=2, moments=3, timeless=0.1, junk=0.08)


def generate_history(seed: int, size: int) -> list[StoredEvent]:
    """`size` events of both vendors, stored in the log; the first ones are the same for any size."""
    random = Random(seed)
    sources = {vendor: ensure_source(vendor) for vendor in all_vendors()}
    told: list[tuple[Source, bytes, datetime]] = []
    for place in range(size):
        vendor = get_vendor(random.choice(sorted(sources)))
        body = generate_event(random, vendor, CIRCUMSTANCES)
        told.append((sources[vendor.name], body, RECEIVED + timedelta(seconds=place)))
    return store_events(told)


def ensure_source(vendor: str, slug: str = "") -> Source:
    return Source.objects.get_or_create(slug=slug or vendor, vendor=vendor, scheme=Scheme.NONE)[0]


def store_event(source: Source, body: bytes, received_at: datetime = RECEIVED) -> StoredEvent:
    return store_events([(source, body, received_at)])[0]


def store_events(told: Iterable[tuple[Source, bytes, datetime]]) -> list[StoredEvent]:
    """The events in the log, received in this order; one that is there already is that one."""
    heard = [(source, hashlib.sha256(body).digest(), body, at) for source, body, at in told]
    rows = (
        Event(source=source, digest=digest, body=body, occurred_at=at, received_at=at)
        for source, digest, body, at in heard
    )
    Event.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    found = Event.objects.filter(digest__in=[digest for _, digest, _, _ in heard])
    there = {
        (source, bytes(digest)): (id, at)
        for id, source, digest, at in found.values_list("id", "source", "digest", "received_at")
    }
    stored = []
    for source, digest, body, _ in heard:
        id, at = there[source.pk, digest]
        stored.append(StoredEvent(id, source.pk, source.vendor, digest.hex(), body, at))
    return stored


def shuffle_into_batches(events: list[StoredEvent], random: Random) -> Iterator[list[StoredEvent]]:
    """The events in any order, some of them again, in batches of any size."""
    rest = events + random.choices(events, k=random.randrange(len(events)))
    random.shuffle(rest)
    while rest:
        size = random.choice((1, 1, 2, 3, 5, 50))
        yield rest[:size]
        rest = rest[size:]


def digest_after_batches(batches: Iterator[list[StoredEvent]] | list[list[StoredEvent]]) -> str:
    """The digest of the mirror that these batches make out of nothing; leaves nothing behind."""
    with transaction.atomic():
        for batch in batches:
            outcomes = process_batch(batch)
            assert not [outcome for outcome in outcomes if outcome.retry], outcomes
            assert Verdict.MALFORMED not in {outcome.verdict for outcome in outcomes}
        found = mirror_digest()
        transaction.set_rollback(True)
    return found
