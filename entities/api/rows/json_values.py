"""The JSON of single values: times, and the integers of documents, of one shape at every address."""

from datetime import UTC, datetime
from typing import Any

MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1


def write_time(value: datetime) -> str:
    """Return an aware time in UTC, always with six decimals: 2025-01-15T10:30:00.000000Z."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def shorten_integers(value: Any) -> Any:
    """Return a JSON value with the digits, as text, of each integer that does not fit into 64 bits.

    Most readers of JSON would round such a number, or refuse the whole answer.
    """
    if isinstance(value, dict):
        return {key: shorten_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shorten_integers(item) for item in value]
    if type(value) is int and not MIN_INTEGER <= value <= MAX_INTEGER:
        return str(value)
    return value
