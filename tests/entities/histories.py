"""Made-up histories, and ways to apply one: order, batches and repetitions drawn from a seed."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from django.db import transaction

from entities import canonical, vendors
from entities.generate import Circumstances, event
from entities.log import StoredEvent, Verdict
from entities.settle import settle
from events.models import Event, Scheme, Source

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
CIRCUMSTANCES = Circumstances(ids=2, moments=3, timeless=0.1, junk=0.08)


def history(seed: int, size: int) -> list[StoredEvent]:
    """`size` events of both vendors, stored in the log; the first ones are the same for any size."""
    random = Random(seed)
    sources = {vendor: source(vendor) for vendor in vendors.every()}
    stored = []
    for place in range(size):
        vendor = vendors.get(random.choice(sorted(sources)))
        body = event(random, vendor, CIRCUMSTANCES)
        stored.append(store(sources[vendor.name], body, RECEIVED + timedelta(seconds=place)))
    return stored


def source(vendor: str, slug: str = "") -> Source:
    return Source.objects.get_or_create(slug=slug or vendor, vendor=vendor, scheme=Scheme.NONE)[0]


def store(source: Source, body: bytes, received_at: datetime = RECEIVED) -> StoredEvent:
    digest = hashlib.sha256(body).digest()
    row, _ = Event.objects.get_or_create(
        source=source,
        digest=digest,
        defaults={"body": body, "occurred_at": received_at, "received_at": received_at},
    )
    return StoredEvent(row.pk, source.pk, source.vendor, digest.hex(), body, row.received_at)


def shuffled(events: list[StoredEvent], random: Random) -> Iterator[list[StoredEvent]]:
    """The events in any order, some of them again, in batches of any size."""
    rest = events + random.choices(events, k=random.randrange(len(events)))
    random.shuffle(rest)
    while rest:
        size = random.choice((1, 1, 2, 3, 5, 50))
        yield rest[:size]
        rest = rest[size:]


def digest_after(batches: Iterator[list[StoredEvent]] | list[list[StoredEvent]]) -> str:
    """The digest of the mirror that these batches make out of nothing; leaves nothing behind."""
    with transaction.atomic():
        for batch in batches:
            outcomes = settle(batch)
            assert not [outcome for outcome in outcomes if outcome.retry], outcomes
            assert Verdict.MALFORMED not in {outcome.verdict for outcome in outcomes}
        found = canonical.digest()
        transaction.set_rollback(True)
    return found
