"""Properties of the mapping, for any payload of any known type, without a database."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.merge.registers import timeline_values
from entities.reading.envelopes.strict_json import UNSTORABLE, Malformed
from entities.reading.mapped_event import Unmappable
from entities.reading.paths import parse_paths
from entities.reading.plans.entity_plans import entity_plans
from entities.vendors import all_vendors, get_vendor
from tests.support.envelopes import build_body, map_body, read_event
from tests.support.json_strategies import values

pytestmark = pytest.mark.unit
DIGEST = re.compile("[0-9a-f]{64}")
EVENT_TYPES = [(name, type) for name, vendor in all_vendors().items() for type in vendor.event_types]
CHARACTERS = st.text(st.characters(), max_size=5)
JSON_VALUES = st.none() | values(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | CHARACTERS
)
IDS = st.sampled_from(["x1", 7]) | JSON_VALUES


@st.composite
def payloads(draw: st.DrawFn, vendor: str, event_type: str) -> dict[str, Any]:
    """Draw any value under any key that the mapping reads, and under some that it does not."""
    plan = entity_plans(vendor)[get_vendor(vendor).events[event_type].entity.model]
    copied_keys = [key for reference in plan.references for key in reference.copies]
    keys = (
        sorted(plan.fully_read | plan.partly_read | plan.never_extra)
        + copied_keys
        + ["unknown", "\x00", "\ud800"]
    )
    payload = draw(st.dictionaries(st.sampled_from(keys), JSON_VALUES, max_size=12))
    return payload | {plan.id[0].place: draw(IDS)}


@st.composite
def events(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    vendor, event_type = draw(st.sampled_from(EVENT_TYPES))
    return vendor, event_type, draw(payloads(vendor, event_type))


@given(events())
def test_any_payload_is_mapped_to_storable_json_or_refused_in_words(event: tuple[str, str, Any]) -> None:
    vendor, event_type, payload = event
    try:
        mapped_event = map_body(vendor, build_body(vendor, event_type, payload))
    except (Unmappable, Malformed) as error:
        said: Any = str(error)
    else:
        said = [
            mapped_event.warnings,
            [[said.key, said.clock, timeline_values(said.writes)] for said in mapped_event.statements],
        ]
    assert not UNSTORABLE.search(json.dumps(said, allow_nan=False, ensure_ascii=False))


@given(events(), st.randoms(use_true_random=False))
def test_the_order_of_a_payloads_keys_says_nothing(event: tuple[str, str, Any], random: Any) -> None:
    vendor, event_type, payload = event
    keys = [key for key in payload if not UNSTORABLE.search(key)]
    shuffled = random.sample(keys, len(keys))
    results = [
        _read_or_reason(vendor, event_type, {key: payload[key] for key in order})
        for order in (keys, shuffled)
    ]
    assert results[0] == results[1]


@given(events(), st.integers(0, 10**30))
def test_an_id_says_the_same_as_a_number_and_as_text(event: tuple[str, str, Any], number: int) -> None:
    vendor, event_type, payload = event
    plan = entity_plans(vendor)[get_vendor(vendor).events[event_type].entity.model]
    keys = [plan.id[0].place, *(reference.paths[0].place for reference in plan.references)]
    scope = get_vendor(vendor).scope
    keys += [path.place for path in parse_paths(scope.id) if not path.is_rooted] if scope else []
    one, other = (
        _read_or_reason(vendor, event_type, payload | dict.fromkeys(keys, id)) for id in (number, str(number))
    )
    assert one == other


@given(events())
def test_mapping_the_same_bytes_again_says_the_same(event: tuple[str, str, Any]) -> None:
    assert _read_or_reason(*event) == _read_or_reason(*event)


def _read_or_reason(vendor: str, event_type: str, payload: dict[str, Any]) -> Any:
    """Return what the event says, without what may differ: the order of warnings, and an id by digest."""
    try:
        mapped_event = read_event(vendor, event_type, payload)
    except Unmappable as error:
        return str(error)
    own = {DIGEST.sub("digest", str(key)): writes for key, writes in mapped_event.own.items()}
    return own, mapped_event.copies, sorted(mapped_event.warnings)
