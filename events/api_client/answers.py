"""Answers of a vendor's API: which of them are usable, and what their headers say about waiting. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from entities.reading.envelopes.strict_json import Malformed, parse_json
from entities.reading.paths import follow, parse_paths
from events.api_client.problems import (
    Answer,
    CursorRefused,
    KeyRefused,
    ListRefused,
    Throttled,
    Unavailable,
)

# Below this RateLimit-Reset is seconds from now; else it is seconds since 1970.
MIN_EPOCH = 10**9
# A header that asks for more is not believed: the key would be useless for good.
MAX_WAIT_SECONDS = 24 * 3600.0
# How much earlier a row may have been read than its answer was begun: replicas of the vendor lag, and the
# header Date has no fractions of a second.
OBSERVATION_MARGIN = timedelta(seconds=10)
MAX_REASON_LENGTH = 200
# Answers to a request with a cursor that the vendor does not know any more.
CURSOR_STATUSES = frozenset({400, 404, 410, 422})


def read_content(answer: Answer, messages: str, key: str, *, has_cursor: bool) -> Any:
    """Return the JSON of an answer. Raises ApiProblem.

    messages: the paths of the reason in an answer that refuses. key: which must not appear in a message.
    """
    status = answer.status
    if 200 <= status < 300:
        return _parse(answer)
    reason = _read_reason(answer, messages, key)
    if status == 429:
        raise Throttled(f"The vendor asks to wait (429){reason}.", read_wait(answer))
    if 300 <= status < 400:
        raise ListRefused(
            f"The vendor redirects to another address ({status}), which is not followed. Check the address."
        )
    if status == 401:
        raise KeyRefused(f"The vendor refuses the key (401){reason}. Set another one: manage.py set_api_key.")
    if status == 403:
        raise ListRefused(
            f"The key may not read this list (403){reason}. Give its user the right, then resume the load."
        )
    if status >= 500 or status == 408:
        raise Unavailable(f"The vendor answers with an error of its own ({status}).")
    if has_cursor and status in CURSOR_STATUSES:
        raise CursorRefused(f"The vendor refuses the cursor ({status}){reason}.")
    if status == 404:
        raise ListRefused(f"There is no such list at this address (404){reason}. Check the address.")
    raise ListRefused(f"The vendor refuses the request ({status}){reason}.")


def read_wait(answer: Answer) -> float | None:
    """Return the seconds that the headers ask to wait; None if they do not, or ask for what cannot be."""
    waits = (_read_retry_after(answer), _read_reset(answer))
    return next((wait for wait in waits if wait is not None and 0 <= wait <= MAX_WAIT_SECONDS), None)


def read_remaining(answer: Answer) -> int | None:
    """Return how many requests the vendor still accepts; None if it does not say."""
    text = answer.headers.get("ratelimit-remaining") or answer.headers.get("x-ratelimit-remaining") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def observed_at(answer: Answer) -> datetime:
    """Return the moment for which the rows of an answer are certain, by the vendor's clock if it tells it."""
    date = _read_date(answer.headers.get("date", ""))
    sent_at = date - timedelta(seconds=answer.seconds) if date else answer.sent_at
    return sent_at - OBSERVATION_MARGIN


def _parse(answer: Answer) -> Any:
    try:
        return parse_json(answer.body)
    except Malformed:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()[:50] or "nothing"
        raise ListRefused(
            f"The answer is not JSON; it says that it is {kind!r}. Check the address, and whether the list"
            " can be read there."
        ) from None


def _read_reason(answer: Answer, messages: str, key: str) -> str:
    """Return the vendor's reason, behind a colon; empty if there is none."""
    try:
        content = parse_json(answer.body)
    except Malformed:
        return ""
    found = (follow(content, path) for path in parse_paths(messages))
    text = next((value for value in found if isinstance(value, str) and value), "")
    if key:
        text = text.replace(key, "…")
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return f": {line[:MAX_REASON_LENGTH].rstrip('.')}" if line else ""


def _read_retry_after(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    date = _read_date(text)
    return (date - _now_of(answer)).total_seconds() if date else None


def _read_reset(answer: Answer) -> float | None:
    text = answer.headers.get("ratelimit-reset") or answer.headers.get("x-ratelimit-reset") or ""
    if not (text.isascii() and text.isdigit() and len(text) < 14):
        return None
    number = float(text)
    # By the vendor's clock, which may be off.
    return number if number < MIN_EPOCH else number - _now_of(answer).timestamp()


def _now_of(answer: Answer) -> datetime:
    date = _read_date(answer.headers.get("date", ""))
    return date or answer.sent_at + timedelta(seconds=answer.seconds)


def _read_date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
