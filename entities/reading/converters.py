"""From the JSON values that vendors send to the values that columns hold. Pure.

Every converter takes a JSON value that is not null (numbers with a point as Decimal) and returns
the JSON form of the column's value, or raises Unconvertible with a reason for the event's warnings.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crmmirror.lib.utc import format_utc
from entities.models.fields import CurrencyField, WordField

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A run of this many digits is epoch milliseconds; a shorter one may be an ISO 8601 basic date.
EPOCH_DIGITS = re.compile(r"-?\d{11,}")
DECIMAL = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\s*")
BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
CENT_FRACTION = Decimal("0.0001")
MAX_INTEGER_PLACES = 16
MAX_EPOCH_PLACES = 18
# A key's parts must fit into one entry of a B-tree (2,704 bytes), at up to four bytes a character.
MAX_ID_LENGTH = 255
MAX_WORD_LENGTH = 100

TYPE_NAMES = {str: "text", bool: "a boolean", dict: "an object", list: "an array", type(None): "null"}


class Unconvertible(ValueError):
    """The value is none that the column can hold; the message says why, without the value."""


def to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(to_json_number(value))
    raise Unconvertible(f"{_kind(value)} is not a text")


def to_identifier(value: Any) -> str:
    """An id: text, or a number as text, of 1 to 255 characters."""
    found = to_text(value)
    if not 0 < len(found) <= MAX_ID_LENGTH:
        raise Unconvertible(f"an id has 1 to {MAX_ID_LENGTH} characters, not {len(found)}")
    return found


def to_word(value: Any) -> str:
    found = to_text(value).strip().lower()
    if len(found) > MAX_WORD_LENGTH:
        raise Unconvertible(f"a word has at most {MAX_WORD_LENGTH} characters, not {len(found)}")
    return found


def to_currency(value: Any) -> str:
    found = to_text(value).strip().upper()
    if not re.fullmatch("[A-Z]{3}", found):
        raise Unconvertible("not an ISO 4217 currency code")
    return found


def to_amount(value: Any) -> str:
    """A decimal with four places; what is beyond them is rounded half to even."""
    found = _decimal(value)
    if found.adjusted() < MAX_INTEGER_PLACES:
        found = found.quantize(CENT_FRACTION, ROUND_HALF_EVEN) + 0
    if found.adjusted() >= MAX_INTEGER_PLACES:
        raise Unconvertible(f"an amount has at most {MAX_INTEGER_PLACES} digits before the point")
    return str(found)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unconvertible(f"{_kind(value)} is not a number")
    if isinstance(value, str) and not DECIMAL.fullmatch(value):
        raise Unconvertible("not a number")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unconvertible("not a number") from None


def parse_time(value: Any) -> datetime:
    """An aware UTC time from ISO 8601 (any precision; UTC where no zone is said) or epoch milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unconvertible(f"{_kind(value)} is not a time")
    try:
        if isinstance(value, str) and not EPOCH_DIGITS.fullmatch(value):
            found = datetime.fromisoformat(value.strip().upper())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        return EPOCH + timedelta(microseconds=int(_epoch_milliseconds(value) * 1000))
    except (ValueError, OverflowError, InvalidOperation):
        raise Unconvertible("not a time in ISO 8601 or epoch milliseconds") from None


def _epoch_milliseconds(value: int | Decimal | str) -> Decimal:
    """Bounded before it becomes an int: 1e999999999 would fill the memory."""
    found = Decimal(value)
    if found.adjusted() > MAX_EPOCH_PLACES:
        raise OverflowError
    return found


def to_time(value: Any) -> str:
    return format_utc(parse_time(value))


def to_date(value: Any) -> str:
    """A date, or the UTC date of a time."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return parse_time(value).date().isoformat()


def to_flag(value: Any) -> bool:
    found = BOOLEANS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if found is None:
        raise Unconvertible(f"{_kind(value)} is not true or false")
    return found


def to_labels(value: Any) -> list[str]:
    """A set of texts as a sorted list."""
    if not isinstance(value, list):
        raise Unconvertible(f"{_kind(value)} is not an array of texts")
    return sorted({to_text(item) for item in value})


def to_document(value: Any) -> Any:
    """The same value, its numbers as JSON has them; one that a float cannot hold becomes text."""
    if isinstance(value, Decimal):
        return to_json_number(value)
    if isinstance(value, list):
        return [to_document(item) for item in value]
    if isinstance(value, dict):
        return {key: to_document(item) for key, item in value.items()}
    return value


def to_json_number(value: int | Decimal) -> int | float | str:
    """The number as int or float where that loses nothing, else its digits."""
    if isinstance(value, int):
        return value
    as_float = float(value)
    if Decimal(repr(as_float)) != value:
        return str(value)
    return int(as_float) if as_float.is_integer() and abs(as_float) < 2**53 else as_float


def _kind(value: object) -> str:
    return TYPE_NAMES.get(type(value), "a number")


CONVERTERS: dict[type[models.Field], Callable[[Any], Any]] = {
    WordField: to_word,
    CurrencyField: to_currency,
    models.TextField: to_text,
    models.DecimalField: to_amount,
    models.DateTimeField: to_time,
    models.DateField: to_date,
    models.BooleanField: to_flag,
    models.JSONField: to_document,
    models.ForeignKey: to_identifier,
    ArrayField: to_labels,
}
"""A column's kind decides how a vendor's value becomes the column's."""
