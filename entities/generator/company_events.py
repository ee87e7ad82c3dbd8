"""Generates the events of an invented company, as a vendor would send them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from entities.generator import company_words as words
from entities.generator.company_activity import tell_appointment, tell_conversation, tell_task
from entities.generator.company_facts import Chronicle, Fact, Ref
from entities.generator.company_people import invent_person, tell_person
from entities.generator.company_sales import tell_deal
from entities.generator.envelope_writer import wrap_payload
from entities.generator.sample_shapes import find_shape, spell_payload, spell_time
from entities.vendor_language import Vendor

# How long ago the first person may have come, and when most came.
MAX_DAYS, USUAL_DAYS = 540, 60
# The share of the people whom one vendor's account knows. Two vendors know some of them both.
KNOWN_SHARE = 0.5
# What happened -> the verbs of event types that say so, the best first, in lower case without underscores.
VERBS: dict[str, tuple[str, ...]] = {
    "created": ("created", "booked", "submitted"),
    "stage": ("stagechanged", "updated"),
    "lifecycle": ("lifecyclechanged", "stagechanged", "updated"),
    "status": ("statuschanged", "updated"),
    "won": ("won", "updated"),
    "lost": ("lost", "updated"),
    "reopened": ("updated",),
    "paid": ("paid", "statuschanged", "updated"),
    "no_show": ("noshow",),
}


def generate_company(vendor: Vendor, count: int, seed: int, now: datetime) -> list[bytes]:
    """Return `count` bodies, in the order of their event times, none after `now`.

    The same arguments give the same bodies. Another vendor with the same seed gives a company of which some
    people are the same.
    """
    knowing = Random(f"{seed} {vendor.name}")  # noqa: S311
    events: list[tuple[datetime, bytes]] = []
    for facts in _invent_stories(Random(seed), now):  # noqa: S311
        if knowing.random() < KNOWN_SHARE:
            events += [(fact.at, body) for fact in facts if (body := _spell_fact(vendor, fact))]
        if len(events) >= count:
            break
    return [body for _, body in sorted(events[:count])]


def _invent_stories(random: Random, now: datetime) -> Iterator[list[Fact]]:
    """Yield the facts of one person after the other, without end; each person's in the order of time."""
    number, phone = 0, ""
    while True:
        number += 1
        city = Ref("sa", 1 + random.randrange(len(words.CITIES)))
        chronicle = Chronicle(random, now, number, city)
        phone = _tell_story(chronicle, phone)
        yield sorted(chronicle.facts, key=lambda fact: fact.at)


def _tell_story(chronicle: Chronicle, other_phone: str) -> str:
    """Tell one person's story, and return his phone. other_phone: that of the person before."""
    random = chronicle.random
    person = invent_person(chronicle, other_phone)
    began = chronicle.now - timedelta(days=random.triangular(0, MAX_DAYS, USUAL_DAYS))
    deals = chronicle.pick((0, 1, 2, 3), (25, 45, 20, 10))
    tell_person(chronicle, person, began, has_client=deals > 0 or chronicle.chance(0.4))
    for place in range(deals):
        tell_deal(chronicle, person, place, began + timedelta(days=random.uniform(1, 90)))
    for place in range(chronicle.pick((0, 1, 2), (30, 50, 20))):
        tell_conversation(chronicle, person, place, began + timedelta(days=random.uniform(0, 60)))
    for place in range(chronicle.pick((0, 1, 2), (40, 40, 20))):
        tell_appointment(chronicle, person, place, began)
        tell_task(chronicle, person, place, began)
    return person.phone


def _spell_fact(vendor: Vendor, fact: Fact) -> bytes | None:
    """Return the body of the event by which the vendor says it; None if the vendor has none for it."""
    event_type = _find_event_type(vendor, fact)
    if event_type is None:
        return None
    payload = spell_payload(vendor, fact, find_shape(vendor, event_type))
    content = wrap_payload(vendor, event_type, payload, spell_time(fact.at))
    return json.dumps(content, ensure_ascii=False).encode()


def _find_event_type(vendor: Vendor, fact: Fact) -> str | None:
    """Return the vendor's best event type for what happened."""
    by_verb = {
        name.rpartition(".")[2].replace("_", "").lower(): name
        for name, event in vendor.events.items()
        if event.entity.model == fact.model
    }
    return next((by_verb[verb] for verb in VERBS.get(fact.verb, (fact.verb,)) if verb in by_verb), None)
