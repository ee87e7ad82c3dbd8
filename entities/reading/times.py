"""Times and dates as vendors write them. Pure."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from crmmirror.lib.utc import format_utc
from entities.reading.texts import normalize_text
from entities.reading.unconvertible import Unconvertible, type_name

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A text of digits is a number, not an ISO 8601 basic date.
DIGITS = re.compile(r"[+-]?\d+(\.\d*)?")
# How older programs of one maker write a time as JSON: `/Date(1577836800000)/`.
WRITTEN_EPOCH = re.compile(r"/Date\((-?\d{1,15})\)/")
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


def parse_time(value: Any, formats: Iterable[str] = ()) -> datetime:
    """Parse a time in ISO 8601 (UTC if it has no zone), or an epoch; return it aware, in UTC.

    A number, or a text of digits, is epoch seconds, milliseconds or microseconds by its magnitude.
    formats: of texts that are neither, as strptime has them. Raises Unconvertible.
    """
    moment = _parse_written_time(value, formats)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    # Speed: nearly every time is written in UTC.
    return moment if moment.tzinfo is UTC else _to_zone(moment, UTC)


def add_zone(value: Any, zone: tzinfo) -> Any:
    """Return a written time that has no offset with that of a zone, and anything else as it is."""
    if not isinstance(value, str) or DIGITS.fullmatch(normalize_text(value)):
        return value
    try:
        moment = _parse_written_time(value)
    except Unconvertible:
        return value
    return moment.replace(tzinfo=zone).isoformat() if moment.tzinfo is None else value


def to_time(value: Any, formats: Iterable[str] = ()) -> str:
    """Return a time in ISO 8601, in UTC, at a fixed width."""
    return format_utc(parse_time(value, formats))


def to_date(value: Any, zone: tzinfo = UTC, formats: Iterable[str] = ()) -> str:
    """Return the calendar day that the vendor wrote, in the offset that it wrote, in ISO 8601.

    zone: where a time that is written with `Z`, or as an epoch, is a day: some vendors write local
    midnights so. Raises Unconvertible.
    """
    if isinstance(value, str):
        text = normalize_text(value)
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            is_epoch = DIGITS.fullmatch(text) or WRITTEN_EPOCH.fullmatch(text)
            if not is_epoch and not text.upper().endswith(UTC_DESIGNATOR):
                return _parse_written_time(text, formats).date().isoformat()
    return _to_zone(parse_time(value, formats), zone).date().isoformat()


def _to_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise Unconvertible(NOT_A_TIME) from None


def _parse_written_time(value: Any, formats: Iterable[str] = ()) -> datetime:
    """Parse a time in the offset that it was written in; naive if it has none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unconvertible(f"{type_name(value)} is not a time")
    try:
        if isinstance(value, str):
            text = normalize_text(value)
            # Speed: what has a hyphen there, as ISO 8601 has, is no epoch.
            if text[4:5] == "-":
                return _parse_text(text, formats)
            if epoch := WRITTEN_EPOCH.fullmatch(text):
                text = epoch.group(1)
            if not DIGITS.fullmatch(text):
                return _parse_text(text, formats)
            value = text
        return _parse_epoch(Decimal(value))
    except (ValueError, OverflowError, InvalidOperation):
        raise Unconvertible(NOT_A_TIME) from None


def _parse_text(text: str, formats: Iterable[str]) -> datetime:
    """Raise ValueError for a text that is neither ISO 8601 nor in one of the formats."""
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        for written in formats:
            with suppress(ValueError):
                return datetime.strptime(text, written)  # noqa: DTZ007
        raise


def _parse_epoch(number: Decimal) -> datetime:
    """Raise ValueError for a number whose magnitude is that of no unit, such as the date 20260314."""
    for bound, microseconds in EPOCH_UNITS:
        if MIN_EPOCH <= number < bound:
            return EPOCH + timedelta(microseconds=int(number * microseconds))
    raise ValueError
