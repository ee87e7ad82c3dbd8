"""Generates random events of any vendor out of its tables: realistic shapes, hostile circumstances. Pure.

The events have what vendors do to a mirror: few ids, so that records collide, also across sub-accounts; equal
times; deletions and revivals; partial payloads, nulls and empty texts, embedded copies, and copies of single
columns; ids as numbers; every format of a time; texts that are decomposed or have invisible ends; values that
their column cannot hold; keys that no module names. Of vendors that have them there are lists of several
events, single properties, merges, and associations that ended.
"""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from entities.generator.envelope_writer import build_event, split_paths, wrap_events
from entities.generator.payload_maker import LAST_MOMENT, Circumstances, PayloadMaker
from entities.generator.sample_events import has_sampled_key, list_sampled_types
from entities.generator.word_pools import NO_EVENTS
from entities.reading.envelopes.body_formats import write_body
from entities.reading.envelopes.envelope import read_envelopes
from entities.reading.plans.event_plans import EventPlan, event_plan
from entities.vendor_language import Vendor


def generate_event(random: Random, vendor: Vendor, circumstances: Circumstances) -> bytes:
    """Return the body of one event; of a vendor that sends lists, of one or several events."""
    maker = PayloadMaker(random, vendor, circumstances)
    event, outside = _make_event(maker)
    events: list[Any] = [event]
    if vendor.batch:
        events += [_make_event(maker)[0] for _ in range(random.choice((0, 0, 1, 2, 4)))]
        if random.random() < circumstances.junk:
            events.insert(random.randrange(len(events) + 1), random.choice(NO_EVENTS))
    content = wrap_events(vendor, events, outside)
    return write_body(content, vendor.body_format, escapes=random.random() < 0.5)


def _make_event(maker: PayloadMaker) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return one event, and what stands beside it at paths from the root of the body."""
    random, vendor = maker.random, maker.vendor
    event_type = random.choice(vendor.event_types)
    plan = event_plan(vendor.name, event_type)
    sampled = list_sampled_types(vendor, event_type)
    if len(sampled) > 1:
        event_type = random.choice(sampled)
    values = maker.make_scope() | _make_values(maker, plan, event_type)
    payload, outside = split_paths(values)
    return build_event(vendor, event_type, payload, maker.make_time()), outside


def _make_values(maker: PayloadMaker, plan: EventPlan, event_type: str) -> dict[str, Any]:
    random, keys = maker.random, maker.vendor.property_keys
    if keys is not None and has_sampled_key(maker.vendor, event_type, keys[0]) and random.random() < 0.95:
        return maker.make_property(plan.plan, keys)
    values = maker.make_event(plan, 0.9 if random.random() < 0.5 else 0.3)
    if plan.plan.entity.identified_by_digest and random.random() < 0.5:
        return {key: value for key, value in values.items() if key not in plan.plan.entity.id.split()}
    return values


def generate_stream(vendor: Vendor, count: int, seed: int) -> list[bytes]:
    """Return `count` different bodies, in the order of their event times.

    The same vendor, count and seed give the same bodies, byte for byte, on any machine.
    """
    random = Random(seed)  # noqa: S311
    circumstances = Circumstances(ids=max(3, count // 60), moments=max(6, count // 3))
    bodies: dict[bytes, None] = {}
    while len(bodies) < count:
        bodies[generate_event(random, vendor, circumstances)] = None
    return sorted(bodies, key=lambda body: (_event_time(vendor, body), body))


def shuffle_and_repeat(
    bodies: list[bytes], seed: int, repeated: float = 0.1, late: int = 50
) -> Iterator[bytes]:
    """Return the bodies as a bad network delivers them: some twice, and out of order.

    repeated: share of bodies that come a second time. late: how many places a body may be late.
    """
    random = Random(seed)  # noqa: S311
    deliveries = [(place + random.uniform(0, late), body) for place, body in enumerate(bodies)]
    repetitions = [
        (place + random.uniform(0, 4 * late), body)
        for place, body in deliveries
        if random.random() < repeated
    ]
    return (body for _, body in sorted(deliveries + repetitions))


def _event_time(vendor: Vendor, body: bytes) -> datetime:
    return read_envelopes(body, vendor, LAST_MOMENT).occurred_at
