"""The bound on log lines: one a minute of each cause, and what it says."""

import logging
import sys

import pytest

from crmmirror.lib import log_bound
from crmmirror.lib.log_bound import MAX_MESSAGE_LENGTH, LibraryLogFilter, LogBound, shorten_line

pytestmark = pytest.mark.unit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose only value is the time that the bound sees."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def make_record(name: str, message: str = "failed", error: Exception | None = None) -> logging.LogRecord:
    """Make a record as `logger.error(message, exc_info=…)` in one place of that library does."""
    exc_info = None
    if error is not None:
        try:
            raise error
        except Exception:
            exc_info = sys.exc_info()
    return logging.LogRecord(name, logging.ERROR, f"{name}.py", 1, message, None, exc_info)


def test_one_line_a_minute_is_written_of_a_cause(clock: list[float]) -> None:
    bound = LogBound()
    assert [bound.count_left_out("a") for _ in range(3)] == [0, None, None]
    assert bound.count_left_out("b") == 0
    clock[0] += 59
    assert bound.count_left_out("a") is None
    clock[0] += 1
    assert [bound.count_left_out("a") for _ in range(2)] == [3, None]


def test_made_up_causes_share_one(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_bound, "MAX_CAUSES", 3)
    bound = LogBound()
    assert [bound.count_left_out(number) for number in range(6)] == [0, 0, 0, 0, None, None]
    assert bound.count_left_out(0) is None


def test_what_the_mirror_itself_logs_is_not_bounded() -> None:
    library_filter = LibraryLogFilter(("events",))
    records = [make_record("events.tasks"), make_record("events.tasks")]
    assert all(library_filter.filter(record) for record in records)


def test_a_line_says_how_many_were_left_out(clock: list[float]) -> None:
    library_filter = LibraryLogFilter(())
    assert [library_filter.filter(make_record("django.request")) for _ in range(4)] == [
        True,
        False,
        False,
        False,
    ]
    clock[0] += 60
    record = make_record("django.request")
    assert (library_filter.filter(record), record.getMessage()) == (True, "failed [3 more like it]")


def test_errors_of_two_places_are_two_causes() -> None:
    library_filter = LibraryLogFilter(())
    errors = (ValueError("a"), KeyError("b"), ValueError("c"))
    kept = [library_filter.filter(make_record("django.request", error=error)) for error in errors]
    assert kept == [True, True, False]


def test_whatever_a_library_says_of_a_broker_that_is_away_is_one_cause() -> None:
    library_filter = LibraryLogFilter(())
    names = ("celery.worker.consumer.consumer", "celery.worker.request", "kombu.connection", "amqp")
    assert [library_filter.filter(make_record(name)) for name in names] == [True, False, False, False]


@pytest.mark.parametrize(
    ("name", "has_traceback"),
    [
        ("django.request", True),
        ("celery.app.trace", True),
        ("django.security.DisallowedHost", False),
        ("celery.beat", False),
        ("psycopg.pool", False),
    ],
)
def test_a_traceback_is_kept_if_it_shows_an_error_in_the_code(name: str, has_traceback: bool) -> None:
    record = make_record(name, error=ValueError("x"))
    assert LibraryLogFilter(()).filter(record)
    assert bool(record.exc_info) is has_traceback


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("first\nsecond", "first"),
        ("a\r\x1b[31mb", "a\\r\\x1b[31mb"),
        ("Zoë \u202e", "Zoë \\u202e"),
        (
            "Internal Server Error: /admin/reset/MQ/c1abc-0123/",
            "Internal Server Error: /admin/reset/[left out]/",
        ),
        ("x" * 1000, "x" * MAX_MESSAGE_LENGTH + "…"),
        ("\x00" * 1000, ("\\x00" * 1000)[:MAX_MESSAGE_LENGTH] + "…"),
    ],
)
def test_a_text_becomes_one_short_line(text: str, line: str) -> None:
    assert shorten_line(text) == line
