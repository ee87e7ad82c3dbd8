"""Explanations of malformed bodies: the wrong part, what is expected there, what was found, and where."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.envelopes.envelope import read_envelopes
from entities.reading.envelopes.strict_json import Malformed
from entities.vendors import get_vendor
from events.reports.envelope_problem import EXCERPT_LENGTH, find_envelope_problem
from tests.support.json_strategies import TEXTS, values

pytestmark = pytest.mark.unit

VENDOR = get_vendor("heffl")
RECEIVED_AT = datetime(2025, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "part", "found", "marked"),
    [
        (b'{"event": \xff}', "the encoding", "the byte 0xff at position 11", "0xff"),
        (b'{"event": x}', "the JSON", "Expecting value, in line 1, column 11", "x"),
        (b"{'event': 1}", "the JSON", "double quotes, in line 1, column 2", "'"),
        (b'{"event": "a"', "the JSON", "the body ends after 13 bytes, before its JSON is complete", ""),
        (b"", "the JSON", "the body ends after 0 bytes", ""),
        (b"event=deal.created&id=1", "the JSON", "Expecting value", "e"),
        (b'{"event": NaN}', "the JSON", "NaN is not a JSON number", ""),
        (b"[" * 101 + b"]" * 101, "the JSON", "nested deeper than 100 levels", ""),
        (b"[" * 100_000, "the JSON", "", ""),
        (b"[1]", "the body", "an array", ""),
        (b'"text"', "the body", "the text 'text'", ""),
        (b"12.5", "the body", "the number 12.5", ""),
        (b"true", "the body", "a boolean", ""),
        (b"{}", "the event's type, under 'event'", "missing; the body has no key", ""),
        (b'{"type": "a.b", "data": {}}', "the event's type", "missing; the body has 'type', 'data'", ""),
        (b'{"event": null}', "the event's type", "null", ""),
        (b'{"event": ""}', "the event's type", "an empty text", ""),
        (b'{"event": 7}', "the event's type", "the number 7", ""),
        (b'{"event": "a"}', "the payload, under 'payload' or 'data'", "'data': missing; the body has", ""),
        (b'{"event": "a", "payload": [1], "data": null}', "the payload", "'payload': an array; 'data'", ""),
    ],
)
def test_a_malformed_body_is_explained(body: bytes, part: str, found: str, marked: str) -> None:
    problem = find_envelope_problem(body, VENDOR, RECEIVED_AT)
    assert problem is not None
    assert part in problem.part
    assert found in problem.found
    assert problem.excerpt.marked == marked
    assert problem.expected


def test_what_can_be_read_by_now_has_no_problem() -> None:
    body = json.dumps({"event": "deal.created", "payload": {"id": 1}}).encode()
    assert find_envelope_problem(body, VENDOR, RECEIVED_AT) is None


def test_the_excerpt_is_of_the_place_that_is_wrong_and_short() -> None:
    body = b'{"event": "' + b"a" * 5000 + b'", "payload": {"id": 1,}, "more": "' + b"b" * 5000 + b'"}'
    problem = find_envelope_problem(body, VENDOR, RECEIVED_AT)
    assert problem is not None
    shown = problem.excerpt.before + problem.excerpt.marked + problem.excerpt.after
    assert '{"id": 1,}' in shown
    assert len(shown) <= 2 * EXCERPT_LENGTH + 1


@given(st.binary() | values(st.booleans() | TEXTS).map(lambda value: json.dumps(value).encode()))
def test_every_body_that_is_malformed_is_explained_and_no_other_one(body: bytes) -> None:
    problem = find_envelope_problem(body, VENDOR, RECEIVED_AT)
    try:
        read_envelopes(body, VENDOR, RECEIVED_AT)
    except Malformed:
        assert problem is not None
        assert problem.part
        assert problem.found
        assert len(problem.found) < 2000
    else:
        assert problem is None
