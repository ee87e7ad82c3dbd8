"""The signed time: how vendors write it, and the window in which it must be."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from entities.signature_language import Signature, TimeUnit
from events.signatures.errors import TimestampOutsideWindow, WrongSignature


@dataclass(frozen=True)
class WrittenUnit:
    """One way to write a time.

    words: what it is, in a message. read: raises ValueError and OverflowError. write: takes unix seconds.
    """

    words: str
    read: Callable[[str], float]
    write: Callable[[int], str | int]


def check_window(signature: Signature, written: str) -> None:
    """Raise NotAuthentic unless the time is written as it should be, and within the signature's window."""
    unit = UNITS[signature.time_unit]
    try:
        moment = unit.read(written)
    except (ValueError, OverflowError):
        raise WrongSignature(f"The timestamp is missing or is not in {unit.words}.") from None
    if abs(time.time() - moment) > signature.window_seconds:
        raise TimestampOutsideWindow(
            f"The timestamp is more than {signature.window_seconds} seconds from now."
        )


def write_time(signature: Signature, at: int) -> str | int:
    """Return the time as the vendor writes it. at: unix seconds."""
    return UNITS[signature.time_unit].write(at)


def _read_digits(digits: int, units_a_second: int) -> Callable[[str], float]:
    pattern = re.compile(rf"[0-9]{{1,{digits}}}")

    def read(text: str) -> float:
        if not pattern.fullmatch(text):
            raise ValueError("not a number of that many digits")
        return int(text) / units_a_second

    return read


def _read_iso(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _write_iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


UNITS: Mapping[TimeUnit, WrittenUnit] = {
    "seconds": WrittenUnit("unix seconds", _read_digits(11, 1), lambda at: at),
    "milliseconds": WrittenUnit("unix milliseconds", _read_digits(14, 1000), lambda at: at * 1000),
    "iso8601": WrittenUnit("ISO 8601", _read_iso, _write_iso),
}
