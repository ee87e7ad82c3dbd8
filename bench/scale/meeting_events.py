"""Makes backlogs in which a given share of the events meet on the same few records.

Each batch of a worker has a source of its own, so that two batches have no record, name or word in common,
and besides, by the share, events of one source that all batches know: newer and newer ones about the same
few records. All are realistic events of an invented company.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any

from bench.backlog import COMPANY_TIME
from events.processing.claim import MAX_BATCH_EVENTS

# As many as a worker takes at once, so that a batch is what was made for it.
BATCH_EVENTS = MAX_BATCH_EVENTS
# The records on which events meet. Those with the most events in SHARED_COMPANY_EVENTS of a company.
SHARED_RECORDS = 4
SHARED_COMPANY_EVENTS = 500
SHARED_VENDOR = "heffl"
SHARED_SLUG = "shared"


@dataclass(frozen=True)
class SourcedBody:
    """The body of an event, with the slug and the vendor of its source."""

    slug: str
    vendor: str
    body: bytes


def make_meeting_batches(batches: int, share: float) -> tuple[list[SourcedBody], list[list[SourcedBody]]]:
    """Return the events that come first, which make the records, and the batches to be measured.

    share: the part of each batch's events that meet those of all other batches.
    """
    shared = iter_shared_bodies()
    # What came before, of every source alike: names, words and many records are known.
    former = list(islice(shared, BATCH_EVENTS))
    measured = []
    for number, vendor in zip(range(batches), cycle(_vendors()), strict=False):
        shared_count = count_shared(number, share)
        own = _company_bodies(vendor, 2 * BATCH_EVENTS, number + 1)
        former += [SourcedBody(f"{vendor}-{number}", vendor, body) for body in own[:BATCH_EVENTS]]
        later = own[BATCH_EVENTS : 2 * BATCH_EVENTS - shared_count]
        batch = [SourcedBody(f"{vendor}-{number}", vendor, body) for body in later]
        batch += islice(shared, shared_count)
        Random(number).shuffle(batch)  # noqa: S311
        measured.append(batch)
    return former, measured


def count_shared(number: int, share: float) -> int:
    """Return how many events of a batch meet; where it is less than one, some batches have one."""
    return int((number + 1) * BATCH_EVENTS * share) - int(number * BATCH_EVENTS * share)


def make_archive_batches(batches: int) -> tuple[list[SourcedBody], list[list[SourcedBody]]]:
    """Return what `make_meeting_batches` does, of one company at each vendor, in random order.

    So do events come that an archive or a load brings: any two batches have records in common.
    """
    vendors = _vendors()
    bodies = [
        SourcedBody(vendor, vendor, body)
        for vendor in vendors
        for body in _company_bodies(vendor, (batches + 1) * BATCH_EVENTS // len(vendors) + 1, 1)
    ]
    Random(1).shuffle(bodies)  # noqa: S311
    parts = [bodies[start : start + BATCH_EVENTS] for start in range(0, len(bodies), BATCH_EVENTS)]
    return parts[0], parts[1 : batches + 1]


def iter_shared_bodies() -> Iterator[SourcedBody]:
    """Yield events about the same few records without end, each with a later time than the one before."""
    from entities.generator.envelope_writer import put_at
    from entities.generator.sample_shapes import spell_time
    from entities.reading.envelopes.envelope import envelope_plan
    from entities.vendors import get_vendor

    vendor = get_vendor(SHARED_VENDOR)
    bodies = _select_shared(_company_bodies(SHARED_VENDOR, SHARED_COMPANY_EVENTS, 0))
    time_parts = envelope_plan(vendor).time[0].parts
    at = COMPANY_TIME
    for body in cycle(bodies):
        at += timedelta(seconds=1)
        content = json.loads(body)
        put_at(content, time_parts, spell_time(at))
        yield SourcedBody(SHARED_SLUG, SHARED_VENDOR, json.dumps(content).encode())


def store_sources(bodies: Iterable[SourcedBody]) -> dict[str, Any]:
    """Create the sources of these events; return them by slug."""
    from events.models import Source

    vendors = {body.slug: body.vendor for body in bodies}
    return {
        slug: Source.objects.create(slug=slug, vendor=vendor, scheme="none")
        for slug, vendor in vendors.items()
    }


def store_bodies(bodies: Sequence[SourcedBody], sources: dict[str, Any]) -> None:
    """Store the events, pending, in this order."""
    from events.models import Event

    now = datetime.now(UTC)
    events = (
        Event(
            source=sources[body.slug],
            digest=hashlib.sha256(body.body).digest(),
            body=body.body,
            occurred_at=now,
            received_at=now,
        )
        for body in bodies
    )
    Event.objects.bulk_create(events, batch_size=2000)


def _select_shared(bodies: Sequence[bytes]) -> list[bytes]:
    """Return the events of the SHARED_RECORDS records that have most, in turn."""
    from bench.scale.simulation.lock_traces import map_bodies
    from entities.merge.registers import EXISTS

    by_record: dict[Any, list[bytes]] = defaultdict(list)
    sourced = [SourcedBody(SHARED_SLUG, SHARED_VENDOR, body) for body in bodies]
    for body, mapped in zip(bodies, map_bodies(sourced, {SHARED_SLUG: 1}), strict=True):
        for statement in mapped.statements:
            if EXISTS in statement.writes:
                by_record[statement.key].append(body)
    most = sorted(by_record.values(), key=len, reverse=True)[:SHARED_RECORDS]
    return [body for bodies in zip(*most, strict=False) for body in bodies]


def _company_bodies(vendor: str, count: int, seed: int) -> list[bytes]:
    from entities.generator.company_events import generate_company
    from entities.vendors import get_vendor

    return generate_company(get_vendor(vendor), count, seed, COMPANY_TIME)


def _vendors() -> list[str]:
    from entities.vendors import all_vendors

    return list(all_vendors())
