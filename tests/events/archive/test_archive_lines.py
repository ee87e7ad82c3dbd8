"""Lines of an archive: any bytes, headers and times come back as they were; anything else is refused."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.stored_events import Origin
from events.archive.archive_fields import EVENT_FIELDS, Unreadable
from events.archive.archive_lines import (
    ArchivedEvent,
    ArchiveHeader,
    ExportLimits,
    decode_header,
    decode_line,
    encode_end,
    encode_event,
    encode_header,
    is_header,
)
from events.archive.log_mark import LogMark
from events.models import Event
from tests.support.log_archives import RECEIVED_AT

pytestmark = pytest.mark.unit

# What PostgreSQL's text holds.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=offsets)  # noqa: DTZ001
events = st.builds(
    ArchivedEvent,
    source=texts,
    received_at=times,
    body=st.binary(max_size=2000),
    headers=st.dictionaries(texts, texts, max_size=4),
    event_type=texts,
    occurred_at=times,
    scope=st.none() | texts,
    status=st.sampled_from(Event.Status.values),
    warnings=st.lists(texts, max_size=4),
    error=texts,
    attempts=st.integers(0, 2**31 - 1),
    next_attempt_at=st.none() | times,
    settled_at=st.none() | times,
    reapplied_at=st.none() | times,
    origin=st.sampled_from(list(Origin)),
)
HEADER = ArchiveHeader({"sales": "heffl"}, ExportLimits(("sales",)).to_json(), LogMark("f00", 7))


def a_line(**changes: Any) -> bytes:
    """Return the line of an event, with other fields; one that is `...` is left out."""
    event = ArchivedEvent(
        "sales",
        RECEIVED_AT,
        b"{}",
        {},
        "",
        RECEIVED_AT,
        None,
        "pending",
        [],
        "",
        0,
        None,
        None,
        None,
        "webhook",
    )
    fields = json.loads(encode_event(event)) | changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def is_accepted(name: str, value: Any) -> bool:
    """Return True if the value may stand in the field: by the column, as the database has it."""
    match name, value:
        case (("scope" | "next_attempt_at" | "settled_at" | "reapplied_at"), None):
            return True
        case (("source" | "event_type" | "scope" | "error"), str()):
            return "\0" not in value
        case "attempts", int() if not isinstance(value, bool):
            return 0 <= value < 2**31
        case "warnings" | "headers", list() | dict():
            return not value and isinstance(value, list if name == "warnings" else dict)
        case "body", "":
            return True
        case "origin", str():
            return value in list(Origin)
    return False


@given(events)
def test_an_event_comes_back_as_it_was(event: ArchivedEvent) -> None:
    line = encode_event(event)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode_line(line) == event


@given(
    st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_whatever_a_line_is_it_is_read_or_refused_with_a_reason(line: bytes) -> None:
    with pytest.raises(Unreadable):
        decode_line(line)
    assert not is_header(line)


@given(
    st.sampled_from(sorted(EVENT_FIELDS)),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.lists(st.integers()),
)
def test_whatever_a_field_holds_it_is_read_or_refused_by_its_name(name: str, value: Any) -> None:
    with nullcontext() if is_accepted(name, value) else pytest.raises(Unreadable, match=f"^{name} "):
        decode_line(a_line(**{name: value}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": "a"}, "body is not base64"),
        ({"body": "YQ==\nYQ=="}, "body is not base64"),
        ({"body": ...}, "has no body"),
        ({"received_at": "yesterday"}, "received_at is not a time in ISO 8601"),
        ({"received_at": "2026-03-01T00:00:00"}, "received_at is a time without an offset"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at is not a time"),
        ({"status": "done"}, "status is none of pending, applied, ignored, failed, malformed"),
        ({"attempts": -1}, "attempts is not a number of attempts"),
        ({"attempts": True}, "attempts is not a number of attempts"),
        ({"headers": {"a": 1}}, "headers is not a text"),
        ({"warnings": "none"}, "warnings is not an array of texts"),
        ({"error": "a\0"}, "error has a character that PostgreSQL cannot store"),
        ({"source": 3}, "source is not a text"),
    ],
)
def test_a_field_that_cannot_be_stored_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        decode_line(a_line(**changes))


def test_a_field_of_a_later_version_is_skipped() -> None:
    assert decode_line(a_line(colour="red")) == decode_line(a_line())


def test_an_event_of_an_older_archive_was_delivered() -> None:
    event = decode_line(a_line(origin=...))
    assert isinstance(event, ArchivedEvent)
    assert event.origin == "webhook"


def test_the_end_has_the_number_of_events() -> None:
    assert decode_line(encode_end(17)) == 17


def test_the_first_line_comes_back_as_it_was() -> None:
    line = encode_header(HEADER, datetime.now(UTC))
    assert is_header(line)
    assert decode_header(line) == HEADER


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 3}, "has version 3 of the format, this mirror reads 2: upgrade it"),
        ({"version": "one"}, "is not the first line of an archive"),
        ({"mark": {"log": "f00"}}, "cannot be used: it does not say up to which event"),
        ({"format": "other"}, "is not the first line of an archive"),
    ],
)
def test_a_first_line_of_something_else_is_refused(changes: dict[str, Any], reason: str) -> None:
    line = json.dumps(json.loads(encode_header(HEADER, RECEIVED_AT)) | changes).encode()
    with pytest.raises(Unreadable, match=reason):
        decode_header(line)
