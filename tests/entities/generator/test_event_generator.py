"""Generated events: the same for a seed, and with the values that vendors really send in them."""

import json
import re
import unicodedata
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from entities.generator.event_generator import generate_event, generate_stream
from entities.generator.payload_maker import Circumstances
from entities.generator.word_pools import EMPTY_TEXTS
from entities.reading.texts import DIRECTION_MARKS
from entities.vendors import all_vendors

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
    assert kinds == set(KINDS.values())
    assert texts >= set(EMPTY_TEXTS)
    assert any(not unicodedata.is_normalized("NFC", text) for text in texts)
    assert any(len(text) > 1 and text[0] in DIRECTION_MARKS for text in texts)
    assert any(len(text) > 1 and text[-1] in DIRECTION_MARKS for text in texts)


@each_vendor
def test_crowded_events_have_more_keys_than_a_module_names_and_others_are_as_before(vendor: Any) -> None:
    def count_keys(crowded: float) -> int:
        bodies = [generate_event(Random(seed), vendor, Circumstances(crowded=crowded)) for seed in range(50)]
        return sum(body.count(b'"custom_') for body in bodies)

    assert count_keys(0) == 0
    assert count_keys(1) >= 100
