"""Generates random events of any vendor out of its tables: realistic shapes, hostile circumstances. Pure.

The events have what vendors do to a mirror: few ids, so that records collide, also across sub-accounts; equal
times; deletions and revivals; partial payloads, nulls and empty texts, embedded copies, and copies of single
columns; ids as numbers; every format of a time; texts that are decomposed or have invisible ends; values that
their column cannot hold; keys that no module names.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from random import Random

from entities.generator.envelope_writer import wrap_payload
from entities.generator.payload_maker import LAST_MOMENT, Circumstances, PayloadMaker
from entities.reading.envelopes.envelope import read_envelopes
from entities.reading.plans.event_plans import event_plan
from entities.vendor_language import Vendor


def generate_event(random: Random, vendor: Vendor, circumstances: Circumstances) -> bytes:
    """Return the body of one event."""
    event_type = random.choice(vendor.event_types)
    maker = PayloadMaker(random, vendor, circumstances)
    plan = event_plan(vendor.name, event_type).plan
    payload = maker.make_scope() | maker.make_record(plan, 0.9 if random.random() < 0.5 else 0.3)
    if plan.entity.identified_by_digest and random.random() < 0.5:
        payload = {key: value for key, value in payload.items() if key not in plan.entity.id.split()}
    content = wrap_payload(vendor, event_type, payload, maker.make_time())
    return json.dumps(content, ensure_ascii=random.random() < 0.5).encode(errors="replace")


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
