"""Answers of a vendor's API: which are usable, and how long they ask to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.api_client.answers import (
    MAX_WAIT_SECONDS,
    OBSERVATION_MARGIN,
    observed_at,
    read_content,
    read_remaining,
    read_wait,
)
from events.api_client.problems import (
    Answer,
    ApiProblem,
    CursorRefused,
    KeyRefused,
    ListRefused,
    Throttled,
    Unavailable,
)

pytestmark = pytest.mark.unit

SENT_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 11:00:00 GMT"
VENDOR_NOW = datetime(2026, 3, 1, 11, tzinfo=UTC)
KEY = "heffl_user_SECRET123"
# Headers -> the seconds that they ask to wait. The vendor's clock is an hour ahead of ours.
WAITS: list[tuple[dict[str, str], float | None]] = [
    ({}, None),
    ({"ratelimit-reset": "23"}, 23),
    ({"ratelimit-reset": str(int(VENDOR_NOW.timestamp()) + 30), "date": DATE}, 30),
    ({"ratelimit-reset": str(int(SENT_AT.timestamp()) + 30)}, 30),
    ({"ratelimit-reset": "soon"}, None),
    ({"ratelimit-reset": "999999999"}, None),
    ({"ratelimit-reset": "-5"}, None),
    ({"retry-after": "7", "ratelimit-reset": "23"}, 7),
    ({"retry-after": "Sun, 01 Mar 2026 11:02:00 GMT", "date": DATE}, 120),
    ({"retry-after": "Sun, 01 Mar 2026 09:00:00 GMT", "date": DATE}, None),
    ({"retry-after": "never"}, None),
    ({"x-ratelimit-reset": "12"}, 12),
]
# Status, whether a cursor was sent -> the problem.
STATUSES: list[tuple[int, bool, type[ApiProblem]]] = [
    (301, False, ListRefused),
    (400, False, ListRefused),
    (400, True, CursorRefused),
    (401, True, KeyRefused),
    (403, True, ListRefused),
    (404, False, ListRefused),
    (404, True, CursorRefused),
    (408, False, Unavailable),
    (410, True, CursorRefused),
    (418, True, ListRefused),
    (429, True, Throttled),
    (500, True, Unavailable),
    (503, False, Unavailable),
]


def answer(status: int = 200, body: bytes = b"{}", seconds: float = 0.0, **headers: str) -> Answer:
    return Answer(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, body, SENT_AT, seconds
    )


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_headers_say_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert read_wait(Answer(429, headers, b"", SENT_AT)) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "ratelimit-reset", "date"]), st.text(max_size=20)))
def test_no_header_breaks_the_reading_or_blocks_the_key_for_good(headers: dict[str, str]) -> None:
    wait = read_wait(Answer(429, headers, b"", SENT_AT))
    assert wait is None or 0 <= wait <= MAX_WAIT_SECONDS
    read_remaining(Answer(200, headers, b"", SENT_AT))
    observed_at(Answer(200, headers, b"", SENT_AT))


@pytest.mark.parametrize(("status", "has_cursor", "problem"), STATUSES)
def test_a_status_is_a_problem_of_the_key_the_list_the_cursor_or_the_time(
    status: int, has_cursor: bool, problem: type[ApiProblem]
) -> None:
    with pytest.raises(problem) as caught:
        read_content(answer(status), "message", KEY, has_cursor=has_cursor)
    assert "\n" not in str(caught.value)


def test_a_reason_is_one_bounded_line_without_the_key() -> None:
    body = b'{"error": {"message": "No \\u0007\\n right for ' + KEY.encode() + b" x" * 300 + b'"}}'
    with pytest.raises(ListRefused) as caught:
        read_content(answer(403, body), "message error.message", KEY, has_cursor=False)
    text = str(caught.value)
    assert "No right for …" in text
    assert KEY not in text
    assert len(text) < 350
    assert text.isprintable()


def test_the_vendors_clock_counts_and_not_ours() -> None:
    assert (
        observed_at(answer(date=DATE, seconds=4.0)) == VENDOR_NOW - timedelta(seconds=4) - OBSERVATION_MARGIN
    )
    assert observed_at(answer()) == SENT_AT - OBSERVATION_MARGIN
    assert observed_at(answer(date="yesterday")) == SENT_AT - OBSERVATION_MARGIN


def test_numbers_are_read_as_they_were_written() -> None:
    content = read_content(answer(body=b'{"price": 2.50}'), "", KEY, has_cursor=False)
    assert str(content["price"]) == "2.50"
