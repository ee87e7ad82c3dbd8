"""The envelope of what was fetched: its bytes keep what the vendor wrote, and are the same each time."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.envelopes.strict_json import Malformed, parse_json
from entities.reading.fetched.fetched_envelope import FetchedRecord, encode_fetched, read_fetched
from entities.stored_events import Origin
from entities.vendors import get_vendor
from tests.support.envelopes import RECEIVED
from tests.support.json_strategies import TEXTS, values

pytestmark = pytest.mark.unit

HEFFL = get_vendor("heffl")


def encode(record: Any) -> bytes:
    return encode_fetched(FetchedRecord(Origin.API, "deals", record, RECEIVED))


@given(record=st.dictionaries(TEXTS, values()))
def test_a_record_comes_back_as_it_was_read(record: dict[str, Any]) -> None:
    (envelope,) = read_fetched(encode(record), HEFFL, RECEIVED, Origin.API).events
    assert envelope.payload == record


@pytest.mark.parametrize("number", ["1.10", "1E+30", "100000000000000000000000", "0.1", "-5"])
def test_numbers_keep_the_digits_that_the_vendor_wrote(number: str) -> None:
    record = parse_json(b'{"price":%s}' % number.encode())
    assert b'"price":%s}' % number.encode() in encode(record)
    (envelope,) = read_fetched(encode(record), HEFFL, RECEIVED, Origin.API).events
    assert Decimal(envelope.payload["price"]) == Decimal(number)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[]", "no text under 'resource'"),
        (b'{"resource": "deals"}', "no object under 'record'"),
        (b'{"resource": "deals", "record": {}, "scope": 1}', "no text under 'scope'"),
    ],
)
def test_what_is_no_such_envelope_is_malformed(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_fetched(body, HEFFL, RECEIVED, Origin.API)
    with pytest.raises(Malformed, match="no id under 'gone'"):
        read_fetched(b'{"resource": "deals"}', HEFFL, RECEIVED, Origin.LISTING)
