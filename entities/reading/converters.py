"""Converts the JSON values that vendors send into the values that columns hold. Pure.

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
# The parts of a record's key must fit into one index entry (2,704 bytes), at up to four bytes a character.
MAX_ID_LENGTH = 255
MAX_WORD_LENGTH = 100

TYPE_NAMES = {str: "text", bool: "a boolean", dict: "an object", list: "an array", type(None): "null"}


class Unconvertible(ValueError):
    """The column cannot hold this value. The message says why, without the value."""


def to_text(value: Any) -> str:
    """Return a text as it is, and a number as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(to_json_number(value))
    raise Unconvertible(f"{_type_name(value)} is not a text")


def to_identifier(value: Any) -> str:
    """Return an id of 1 to 255 characters: a text, or a number as text."""
    id = to_text(value)
    if not 0 < len(id) <= MAX_ID_LENGTH:
        raise Unconvertible(f"an id has 1 to {MAX_ID_LENGTH} characters, not {len(id)}")
    return id


def to_word(value: Any) -> str:
    """Return a word of an open vocabulary in lower case, of at most 100 characters."""
    word = to_text(value).strip().lower()
    if len(word) > MAX_WORD_LENGTH:
        raise Unconvertible(f"a word has at most {MAX_WORD_LENGTH} characters, not {len(word)}")
    return word


def to_currency(value: Any) -> str:
    """Return an ISO 4217 code in upper case."""
    code = to_text(value).strip().upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise Unconvertible("not an ISO 4217 currency code")
    return code


def to_amount(value: Any) -> str:
    """Return an amount as a decimal number with four places, rounded half to even."""
    amount = _parse_decimal(value)
    # A larger number is not rounded: its digits may be too many for `quantize`, and memory.
    if amount.adjusted() < MAX_INTEGER_PLACES:
        # Adding 0 turns -0.0000 into 0.0000.
        amount = amount.quantize(CENT_FRACTION, ROUND_HALF_EVEN) + 0
    # Checked after rounding, which may carry into one more digit.
    if amount.adjusted() >= MAX_INTEGER_PLACES:
        raise Unconvertible(f"an amount has at most {MAX_INTEGER_PLACES} digits before the point")
    return str(amount)


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unconvertible(f"{_type_name(value)} is not a number")
    if isinstance(value, str) and not DECIMAL.fullmatch(value):
        raise Unconvertible("not a number")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unconvertible("not a number") from None


def parse_time(value: Any) -> datetime:
    """Parse a time in ISO 8601 (UTC if it has no zone) or epoch milliseconds; return it aware, in UTC."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unconvertible(f"{_type_name(value)} is not a time")
    try:
        if isinstance(value, str) and not EPOCH_DIGITS.fullmatch(value):
            moment = datetime.fromisoformat(value.strip().upper())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return EPOCH + timedelta(microseconds=int(_parse_milliseconds(value) * 1000))
    except (ValueError, OverflowError, InvalidOperation):
        raise Unconvertible("not a time in ISO 8601 or epoch milliseconds") from None


def _parse_milliseconds(value: int | Decimal | str) -> Decimal:
    """Return the number. Raises OverflowError if it is too large: int(1e999999999) would fill the memory."""
    milliseconds = Decimal(value)
    if milliseconds.adjusted() > MAX_EPOCH_PLACES:
        raise OverflowError
    return milliseconds


def to_time(value: Any) -> str:
    """Return a time in ISO 8601, in UTC, at a fixed width."""
    return format_utc(parse_time(value))


def to_date(value: Any) -> str:
    """Return a date in ISO 8601; for a time, its date in UTC."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return parse_time(value).date().isoformat()


def to_flag(value: Any) -> bool:
    """Return a boolean, from a boolean or one of its usual words."""
    flag = BOOLEANS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if flag is None:
        raise Unconvertible(f"{_type_name(value)} is not true or false")
    return flag


def to_labels(value: Any) -> list[str]:
    """Return a set of texts as a sorted list without duplicates."""
    if not isinstance(value, list):
        raise Unconvertible(f"{_type_name(value)} is not an array of texts")
    return sorted({to_text(item) for item in value})


def to_document(value: Any) -> Any:
    """Return the value with JSON numbers in place of Decimals; one that a float cannot hold becomes text."""
    if isinstance(value, Decimal):
        return to_json_number(value)
    if isinstance(value, list):
        return [to_document(item) for item in value]
    if isinstance(value, dict):
        return {key: to_document(item) for key, item in value.items()}
    return value


def to_json_number(value: int | Decimal) -> int | float | str:
    """Return the number as int or float if that loses nothing, else its digits as text."""
    if isinstance(value, int):
        return value
    as_float = float(value)
    if Decimal(repr(as_float)) != value:
        return str(value)
    return int(as_float) if as_float.is_integer() and abs(as_float) < 2**53 else as_float


def _type_name(value: object) -> str:
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
"""Class of a column's field -> the converter that makes its values."""
