"""Times and dates as vendors write them. Pure."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from crmmirror.lib.utc import format_utc
from entities.reading.texts import normalize_text
from entities.reading.unconvertible import Unconvertible, type_name

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A text of digits is a number, not an ISO 8601 basic date.
DIGITS = re.compile(r"[+-]?\d+(\.\d*)?")
# The magnitudes that tell the units of a number apart, in the order of their bounds: (below, microseconds
# a unit). Each unit begins in March 1973 and ends in the year 5138.
MIN_EPOCH = 10**8
EPOCH_UNITS = (
    (10**11, 1_000_000),
    (10**14, 1_000),
    (10**17, 1),
)
UTC_DESIGNATOR = "Z"
NOT_A_TIME = "not a time in ISO 8601, nor in epoch seconds, milliseconds or microseconds"


def parse_time(value: Any) -> datetime:
    """Parse a time in ISO 8601 (UTC if it has no zone), or an epoch; return it aware, in UTC.

    A number, or a text of digits, is epoch seconds, milliseconds or microseconds by its magnitude.
    Raises Unconvertible.
    """
    moment = _parse_written_time(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else _to_zone(moment, UTC)


def to_time(value: Any) -> str:
    """Return a time in ISO 8601, in UTC, at a fixed width."""
    return format_utc(parse_time(value))


def to_date(value: Any, zone: tzinfo = UTC) -> str:
    """Return the calendar day that the vendor wrote, in the offset that it wrote, in ISO 8601.

    zone: where a time that is written with `Z`, or as an epoch, is a day: some vendors write local
    midnights so. Raises Unconvertible.
    """
    if isinstance(value, str):
        text = normalize_text(value)
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            if not DIGITS.fullmatch(text) and not text.upper().endswith(UTC_DESIGNATOR):
                return _parse_written_time(text).date().isoformat()
    return _to_zone(parse_time(value), zone).date().isoformat()


def _to_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise Unconvertible(NOT_A_TIME) from None


def _parse_written_time(value: Any) -> datetime:
    """Parse a time in the offset that it was written in; naive if it has none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unconvertible(f"{type_name(value)} is not a time")
    try:
        if isinstance(value, str):
            text = normalize_text(value)
            if not DIGITS.fullmatch(text):
                return datetime.fromisoformat(text.upper())
            value = text
        return _parse_epoch(Decimal(value))
    except (ValueError, OverflowError, InvalidOperation):
        raise Unconvertible(NOT_A_TIME) from None


def _parse_epoch(number: Decimal) -> datetime:
    """Raise ValueError for a number whose magnitude is that of no unit, such as the date 20260314."""
    for bound, microseconds in EPOCH_UNITS:
        if MIN_EPOCH <= number < bound:
            return EPOCH + timedelta(microseconds=int(number * microseconds))
    raise ValueError
