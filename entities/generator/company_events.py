"""Generates the events of an invented company, as a vendor would send them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from entities.generator import company_words as words
from entities.generator.company_activity import tell_appointment, tell_conversation, tell_task
from entities.generator.company_facts import Chronicle, Fact, Ref
from entities.generator.company_people import invent_person, tell_person
from entities.generator.company_sales import tell_deal
from entities.generator.envelope_writer import build_event, wrap_events, wrap_record
from entities.generator.sample_events import has_sampled_key, list_sampled_types
from entities.generator.sample_shapes import find_all_keys, find_shape, spell_payload, spell_time
from entities.reading.envelopes.body_formats import write_body
from entities.vendor_language import Vendor

# How long ago the first person may have come, and when most came.
MAX_DAYS, USUAL_DAYS = 540, 60
# The share of the people whom one vendor's account knows. Two vendors know some of them both.
KNOWN_SHARE = 0.5
# Of so many people for each event that is asked for, and some more, a vendor who has event types at all knows
# enough: one who has none for anything that happens would else be asked for ever.
MAX_PEOPLE_PER_EVENT, MIN_PEOPLE = 10, 200
CHANGES = ("updated", "update", "change", "propertychange")
# What happened -> the verbs of event types that say so, the best first, in lower case without underscores.
VERBS: dict[str, tuple[str, ...]] = {
    "created": ("created", "booked", "submitted", "create", "creation"),
    "updated": CHANGES,
    "deleted": ("deleted", "delete", "deletion"),
    "stage": ("stagechanged", "stageupdate", *CHANGES),
    "lifecycle": ("lifecyclechanged", "stagechanged", *CHANGES),
    "status": ("statuschanged", "statusupdate", *CHANGES),
    "won": ("won", "statusupdate", *CHANGES),
    "lost": ("lost", "statusupdate", *CHANGES),
    "reopened": CHANGES,
    "paid": ("paid", "statuschanged", *CHANGES),
    "completed": ("completed", "complete", *CHANGES),
    "no_show": ("noshow", *CHANGES),
    "received": ("received", "inboundmessage"),
    "sent": ("sent", "outboundmessage"),
}


def generate_company(vendor: Vendor, count: int, seed: int, now: datetime) -> list[bytes]:
    """Return `count` bodies, in the order of their event times, none after `now`.

    There are fewer if the vendor has no event types for what happens in a company.

    The same arguments give the same bodies. Another vendor with the same seed gives a company of which some
    people are the same.
    """
    knowing = Random(f"{seed} {vendor.name}")  # noqa: S311
    events: list[tuple[datetime, bytes]] = []
    people = MIN_PEOPLE + MAX_PEOPLE_PER_EVENT * count
    for facts in islice(_invent_stories(Random(seed), now), people):  # noqa: S311
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
    if vendor.property_keys is not None:
        content = _spell_properties(vendor, fact, event_type, vendor.property_keys)
    else:
        values = spell_payload(vendor, fact, find_shape(vendor, event_type))
        content = wrap_record(vendor, event_type, values, spell_time(fact.at))
    return write_body(content, vendor.body_format)


def _spell_properties(vendor: Vendor, fact: Fact, event_type: str, keys: tuple[str, str]) -> Any:
    """Return the body of a vendor whose events have one property each: an event for each that is new."""
    is_first = not fact.changed
    values = fact.values if is_first else {name: fact.values[name] for name in fact.changed}
    payload = spell_payload(vendor, replace(fact, values=values), find_all_keys(vendor, fact.model))
    identity = spell_payload(vendor, replace(fact, values={}), find_shape(vendor, event_type))
    own_type = min(
        (name for name in _list_event_types(vendor, fact.model) if has_sampled_key(vendor, name, keys[0])),
        key=len,
        default=event_type,
    )
    name_key, value_key = keys
    pairs = [{name_key: name, value_key: payload[name]} for name in payload if name not in identity]
    typed = [(event_type, identity)] if is_first or not pairs else []
    typed += [(own_type, identity | pair) for pair in pairs]
    return wrap_events(
        vendor, [build_event(vendor, name, values, spell_time(fact.at)) for name, values in typed]
    )


def _find_event_type(vendor: Vendor, fact: Fact) -> str | None:
    """Return the vendor's best event type for what happened."""
    names = _list_event_types(vendor, fact.model)
    for verb in VERBS.get(fact.verb, (fact.verb,)):
        found = [name for name in names if _says(name, verb)]
        if found:
            return min(found, key=len)
    return None


@cache
def _list_event_types(vendor: Vendor, model: str) -> list[str]:
    """Return the types of a model's events; of an open set, those of which there are samples."""
    return [
        name
        for event_type, event in vendor.events.items()
        if event.entity.model == model
        for name in list_sampled_types(vendor, event_type)
    ]


def _says(event_type: str, verb: str) -> bool:
    """Return True if a part of the type is this verb, or a type without parts ends in it."""
    parts = event_type.replace("_", "").lower().split(".")
    return verb in parts or (len(parts) == 1 and parts[0].endswith(verb))
