"""Reading an event's bytes: the envelope in them, or the reason why there is none."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entities.reading.envelopes.envelope import Envelope, read_envelopes
from entities.reading.envelopes.strict_json import UNSTORABLE, Malformed, parse_json
from entities.reading.paths import Surroundings
from entities.vendor_language import Vendor
from entities.vendors import get_vendor
from tests.support.json_strategies import values

pytestmark = pytest.mark.unit
RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEFFL, SEEDLY = get_vendor("heffl"), get_vendor("seedly")
OBJECT = b'{"event": "lead.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {"id": 1}}'


def envelope(vendor: Vendor = HEFFL, /, **content: Any) -> Envelope:
    content = {"event": "lead.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {}} | content
    return read_one(json.dumps(content).encode(), vendor)


def read_one(body: bytes, vendor: Vendor = HEFFL) -> Envelope:
    """Return the only event of a body."""
    (event,) = read_envelopes(body, vendor, RECEIVED).events
    return event


def nested(levels: int) -> bytes:
    """Return an envelope with that many levels of nesting, itself and its payload included."""
    inner = b"[" * (levels - 2) + b"]" * (levels - 2)
    return b'{"event": "x", "payload": {"deep": ' + (inner or b"0") + b"}}"


def malformed(body: bytes, vendor: Vendor = HEFFL) -> str:
    with pytest.raises(Malformed) as error:
        read_envelopes(body, vendor, RECEIVED)
    return str(error.value)


@pytest.mark.parametrize("vendor", [HEFFL, SEEDLY], ids=lambda vendor: vendor.name)
@pytest.mark.parametrize("key", ["payload", "data"])
def test_the_payload_stands_under_either_key(vendor: Vendor, key: str) -> None:
    body = {"event": "lead.created", "timestamp": "2025-01-15T10:30:00Z", key: {"id": 1}}
    assert read_one(json.dumps(body).encode(), vendor) == Envelope(
        "lead.created", datetime(2025, 1, 15, 10, 30, tzinfo=UTC), {"id": 1}, (), body, Surroundings(body)
    )


def test_the_vendors_own_key_comes_first() -> None:
    body = json.dumps({"event": "x", "timestamp": 0, "data": {"id": "d"}, "payload": {"id": "p"}}).encode()
    assert read_one(body, HEFFL).payload == {"id": "p"}
    assert read_one(body, SEEDLY).payload == {"id": "d"}


def test_a_key_that_holds_no_object_is_passed_over() -> None:
    assert envelope(payload=None, data={"id": 1}).payload == {"id": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON: Expecting value"),
        (b"lead", "not JSON: Expecting value"),
        (b'{"event": "x", "payload": {}', "not JSON: Expecting ',' delimiter"),
        (OBJECT + b"{}", "not JSON: Extra data"),
        (OBJECT + b"\xc2\xa0", "not JSON: Extra data"),
        (b'{"event": "a\x00b"}', "not JSON: Invalid control character"),
        (b'{"event": "\xff"}', "not JSON: 'utf-8' codec can't decode"),
        ('{"event": "é"}'.encode("latin-1"), "not JSON: 'utf-8' codec can't decode"),
        (b"\xed\xa0\x80", "not JSON: 'utf-8' codec can't decode"),
        (b'{"event": "x", "payload": {"n": NaN}}', "not JSON: NaN is not a JSON number"),
        (b'{"event": "x", "payload": {"n": Infinity}}', "not JSON: Infinity is not a JSON number"),
        (b'{"event": "x", "payload": {"n": -Infinity}}', "not JSON: -Infinity is not a JSON number"),
        (b"[]", "the body is an array, an object is expected"),
        (b'"x"', "the body is a string, an object is expected"),
        (b"1", "the body is a number, an object is expected"),
        (b"1.5", "the body is a number, an object is expected"),
        (b"true", "the body is a boolean, an object is expected"),
        (b"null", "the body is null, an object is expected"),
        (b"{}", "no event type under 'event'"),
        (b'{"event": "", "payload": {}}', "no event type under 'event'"),
        (b'{"event": 5, "payload": {}}', "no event type under 'event'"),
        (b'{"event": ["x"], "payload": {}}', "no event type under 'event'"),
        (b'{"event": "x"}', "no object under 'payload' or 'data'"),
        (b'{"event": "x", "payload": [{}]}', "no object under 'payload' or 'data'"),
        (b'{"event": "x", "payload": "{}"}', "no object under 'payload' or 'data'"),
        (nested(101), "nested deeper than 100 levels"),
        (nested(5_000), "nested deeper than 100 levels"),
        (nested(100_000), "nested deeper than 100 levels"),
        (b"[" * 100_000, "nested deeper than 100 levels"),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_what_is_no_envelope_is_malformed_and_says_why(body: bytes, reason: str) -> None:
    assert reason in malformed(body)


def test_a_hundred_levels_are_read() -> None:
    assert read_one(nested(100), HEFFL).event_type == "x"


def test_many_values_side_by_side_are_not_deep() -> None:
    assert len(envelope(payload={"rows": [[] for _ in range(5_000)]}).payload["rows"]) == 5_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_is_read_in_every_unicode_encoding(encoding: str) -> None:
    body = '{"event": "x", "payload": {"name": "Zoë 🙂"}}'.encode(encoding)
    assert read_one(body, HEFFL).payload == {"name": "Zoë 🙂"}


@pytest.mark.parametrize("around", ["{}\n", " \t\r\n{}", "\n{} "])
def test_white_space_around_an_event_says_nothing(around: str) -> None:
    body = around.replace("{}", '{"event": "x", "payload": {"id": 1}}').encode()
    assert read_one(body, HEFFL).payload == {"id": 1}


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    body = b'{"event": "a", "event": "b", "payload": {"id": 1, "id": 2}}'
    result = read_one(body, HEFFL)
    assert (result.event_type, result.payload) == ("b", {"id": 2})


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"\ud800", "\ufffd"),
        (r"\udc00\ud800x", "\ufffd\ufffdx"),
        (r"\ud83d\ude42", "🙂"),
        (r"\\u0000", r"\u0000"),
    ],
)
def test_a_replacement_stands_for_what_postgresql_does_not_store(escaped: str, text: str) -> None:
    body = f'{{"event": "{escaped}", "payload": {{"{escaped}": ["{escaped}", {{"a": "{escaped}"}}]}}}}'
    result = read_one(body.encode(), HEFFL)
    assert (result.event_type, result.payload) == (text, {text: [text, {"a": text}]})


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0.10", Decimal("0.10")),
        ("1e999", Decimal("1e999")),
        ("1e999999999", Decimal("1e999999999")),
        ("1e9999999999999999999999", "1e9999999999999999999999"),
        ("-1e-9999999999999999999999", "-1e-9999999999999999999999"),
        ("9" * 4000, int("9" * 4000)),
        ("9" * 5000, Decimal("9" * 5000)),
        ("-" + "9" * 5000, Decimal("-" + "9" * 5000)),
        ("12345678901234567890", 12345678901234567890),
    ],
    ids=lambda part: str(type(part)) if not isinstance(part, str) else part[:25],
)
def test_a_number_keeps_its_digits(literal: str, value: Any) -> None:
    result = parse_json(f"[{literal}]".encode())[0]
    assert (type(result), result) == (type(value), value)


def test_an_event_name_of_any_length_is_one() -> None:
    assert envelope(event="x" * 100_000).event_type == "x" * 100_000


@pytest.mark.parametrize(
    "timestamp",
    [
        "2025-01-15T10:30:00.250Z",
        "2025-01-15T10:30:00.25Z",
        "2025-01-15T10:30:00.250000000+00:00",
        "2025-01-15T12:30:00.250+02:00",
        "2025-01-15 10:30:00.250",
        1736937000250,
        "1736937000250",
        1736937000250.0,
    ],
)
def test_an_event_time_in_any_format_is_the_same_time(timestamp: Any) -> None:
    result = envelope(timestamp=timestamp)
    assert result.occurred_at == datetime(2025, 1, 15, 10, 30, 0, 250_000, tzinfo=UTC)
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("timestamp", "warning"),
    [
        (None, "no event time"),
        ("", "event time: not a time"),
        ("yesterday", "event time: not a time"),
        ("0000-00-00T00:00:00Z", "event time: not a time"),
        (True, "event time: a boolean is not a time"),
        ({"seconds": 1}, "event time: an object is not a time"),
        ([1736937000250], "event time: an array is not a time"),
        (10**30, "event time: not a time"),
        ("9999-12-31T23:59:59Z", "is ahead of its receipt"),
        ("2026-06-02T12:00:00.000001Z", "is ahead of its receipt"),
    ],
)
def test_a_time_that_is_none_or_ahead_counts_as_the_time_of_receipt(timestamp: Any, warning: str) -> None:
    result = envelope(timestamp=timestamp)
    assert result.occurred_at == RECEIVED
    assert len(result.warnings) == 1
    assert warning in result.warnings[0]
    assert "the time of receipt counts" in result.warnings[0]


@pytest.mark.parametrize(
    ("timestamp", "time"),
    [
        ("2026-06-02T12:00:00Z", RECEIVED + timedelta(days=1)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_up_to_a_day_ahead_or_long_ago_counts(timestamp: str, time: datetime) -> None:
    assert envelope(timestamp=timestamp).occurred_at == time


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\x00\x00\xfe\xff")
@example(b'{"event": "\\ud800", "payload": {"\\u0000": 1e99999999999999999999}}')
def test_bytes_are_an_envelope_or_malformed(body: bytes) -> None:
    try:
        result = read_one(body, HEFFL).event_type
    except Malformed as error:
        result = str(error)
    assert result
    assert not UNSTORABLE.search(result)


@given(
    st.dictionaries(
        st.sampled_from(["event", "timestamp", "payload", "data", "x"]),
        values(st.booleans() | st.integers() | st.floats() | st.text(st.characters())),
    )
)
def test_json_is_an_envelope_of_storable_text_or_malformed(content: dict[str, Any]) -> None:
    try:
        result = read_one(json.dumps(content).encode(), HEFFL)
    except Malformed:
        return
    assert not UNSTORABLE.search(
        json.dumps([result.event_type, result.payload], ensure_ascii=False, default=str)
    )
    assert result.occurred_at.tzinfo is UTC
    assert result.occurred_at <= RECEIVED + timedelta(days=1)
