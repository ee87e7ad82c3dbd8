"""Generated events: the same for a seed, and with the values that vendors really send in them."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from entities.generator.event_generator import generate_event, generate_stream
from entities.generator.payload_maker import Circumstances
from entities.generator.word_pools import EMPTY_TEXTS
from entities.reading.plans.entity_plans import entity_plans
from entities.reading.plans.event_plans import event_plan
from entities.reading.texts import DIRECTION_MARKS
from entities.reading.times import to_date
from entities.vendors import all_vendors, get_vendor
from tests.support.envelopes import map_body
from tests.support.third_vendor import MARIGOLD, NAME, temporary_vendor

pytestmark = pytest.mark.unit

each_vendor = pytest.mark.parametrize("vendor", all_vendors().values(), ids=lambda vendor: vendor.name)
# A pattern of the JSON form of a value -> the kind of value.
KINDS = {
    r"17\d{8}": "epoch seconds",
    r"17\d{11}": "epoch milliseconds",
    r"17\d{14}": "epoch microseconds",
    r'"17\d{8}(\d{3}){0,2}"': "an epoch as text",
    r'"2026-\d\d-\d\d"': "a date",
    r'"2026-.*\+05:30"': "a time with an offset",
    r'"2026-.*Z"': "a time in UTC",
}


def scalars(value: Any) -> Iterator[Any]:
    """Yield the values in a JSON value that are neither objects nor arrays."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if children is None:
        yield value
    else:
        for child in children:
            yield from scalars(child)


@each_vendor
def test_a_seed_gives_the_same_events_every_time(vendor: Any) -> None:
    assert generate_stream(vendor, 50, 7) == generate_stream(vendor, 50, 7)
    assert generate_stream(vendor, 50, 7) != generate_stream(vendor, 50, 8)


@each_vendor
def test_generated_events_have_the_values_that_are_hard_to_read(vendor: Any) -> None:
    values = {
        json.dumps(value) for body in generate_stream(vendor, 1000, 1) for value in scalars(json.loads(body))
    }
    texts = {text for value in values if isinstance(text := json.loads(value), str)}
    kinds = {kind for pattern, kind in KINDS.items() if any(re.fullmatch(pattern, value) for value in values)}
    columns = (column for plan in entity_plans(vendor.name).values() for column in plan.columns)
    has_dates = any(column.convert is to_date for column in columns)
    assert kinds == set(KINDS.values()) - (set() if has_dates else {"a date"})
    assert texts >= set(EMPTY_TEXTS)
    assert any(not unicodedata.is_normalized("NFC", text) for text in texts)
    assert any(len(text) > 1 and text[0] in DIRECTION_MARKS for text in texts)
    assert any(len(text) > 1 and text[-1] in DIRECTION_MARKS for text in texts)


@each_vendor
def test_crowded_events_have_more_keys_than_a_module_names_and_others_are_as_before(vendor: Any) -> None:
    def count_keys(crowded: float) -> int:
        bodies = [generate_event(Random(seed), vendor, Circumstances(crowded=crowded)) for seed in range(50)]
        return sum(len(re.findall(rb'"custom_\d', body)) for body in bodies)

    assert count_keys(0) == 0
    assert count_keys(1) >= 100


@each_vendor
def test_generated_events_have_every_construct_of_their_vendor(vendor: Any) -> None:
    bodies = generate_stream(vendor, 1000, 1)
    mapped = [map_body(vendor.name, body) for body in bodies]
    plans = [event_plan(vendor.name, name) for name in vendor.event_types]
    assert all(one.known for one in mapped)
    said = {
        "lists of several events": any(len(one.envelopes.events) > 1 for one in mapped),
        "merges": any("merged_into" in statement.writes for one in mapped for statement in one.statements),
        "single properties": vendor.property_keys is not None
        and any(f'"{vendor.property_keys[0]}"'.encode() in body for body in bodies),
        "associations that ended": any(b'"associationRemoved": true' in body for body in bodies),
    }
    columns = {name for plan in plans for name in plan.plan.entity.columns}
    assert said["lists of several events"] is bool(vendor.batch)
    assert said["merges"] is ("merged_into" in columns or any(plan.merged for plan in plans))
    assert said["single properties"] is (vendor.property_keys is not None)
    assert said["associations that ended"] is any(plan.ended for plan in plans)


def test_what_is_no_event_may_be_the_first_item_of_a_list_under_a_key(tmp_path: Path) -> None:
    text = MARIGOLD.replace('type="type"', 'type="/type"').replace(
        'payload="object"', 'payload=".", batch="rows"'
    )
    with temporary_vendor(tmp_path, text):
        bodies = [json.loads(body) for body in generate_stream(get_vendor(NAME), 1000, 1)]
    firsts = [body["rows"][0] for body in bodies]
    assert any(first is None for first in firsts)
    assert {} in firsts
    assert all(isinstance(body["type"], str) for body in bodies)
