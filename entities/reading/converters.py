"""Converts the JSON values that vendors send into the values that columns hold. Pure.

Every converter takes a JSON value that is not null (numbers with a point as Decimal) and returns
the JSON form of the column's value, or raises Unconvertible with a reason for the event's warnings.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities.models.fields import CurrencyField, WordField
from entities.reading.texts import normalize_text
from entities.reading.times import to_date, to_time
from entities.reading.unconvertible import Unconvertible, type_name

DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
CENT_FRACTION = Decimal("0.0001")
MAX_INTEGER_PLACES = 16
# The parts of a record's key must fit into one index entry (2,704 bytes), at up to four bytes a character.
MAX_ID_LENGTH = 255
MAX_WORD_LENGTH = 100


def to_text(value: Any) -> str:
    """Return a text in its normal form, and a number as text."""
    return normalize_text(value if isinstance(value, str) else _to_raw_text(value))


def _to_raw_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(to_json_number(value))
    raise Unconvertible(f"{type_name(value)} is not a text")


def to_identifier(value: Any) -> str:
    """Return an id of 1 to 255 characters: a text, or a number as text."""
    id = _to_raw_text(value)
    if not 0 < len(id) <= MAX_ID_LENGTH:
        raise Unconvertible(f"an id has 1 to {MAX_ID_LENGTH} characters, not {len(id)}")
    return id


def to_word(value: Any) -> str:
    """Return a word of an open vocabulary in lower case, of at most 100 characters."""
    # Normalized after the change of case, which may leave letters and marks apart.
    word = normalize_text(_to_raw_text(value).lower())
    if len(word) > MAX_WORD_LENGTH:
        raise Unconvertible(f"a word has at most {MAX_WORD_LENGTH} characters, not {len(word)}")
    return word


def to_currency(value: Any) -> str:
    """Return an ISO 4217 code in upper case."""
    code = to_text(value).upper()
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
        raise Unconvertible(f"{type_name(value)} is not a number")
    number = normalize_text(value) if isinstance(value, str) else value
    if isinstance(number, str) and not DECIMAL.fullmatch(number):
        raise Unconvertible("not a number")
    try:
        return Decimal(number)
    except InvalidOperation:
        raise Unconvertible("not a number") from None


def to_scaled_amount(value: Any, scale: int) -> str:
    """Return an amount that the vendor counts in smaller units. scale: how many of them are one."""
    return to_amount(_parse_decimal(value) / scale)


def to_flag(value: Any) -> bool:
    """Return a boolean, from a boolean or one of its usual words."""
    flag = BOOLEANS.get(normalize_text(str(value)).lower()) if isinstance(value, str | int) else None
    if flag is None:
        raise Unconvertible(f"{type_name(value)} is not true or false")
    return flag


def to_labels(value: Any) -> list[str]:
    """Return a set of texts as a sorted list without duplicates and empty texts."""
    if not isinstance(value, list):
        raise Unconvertible(f"{type_name(value)} is not an array of texts")
    return sorted({label for item in value if (label := to_text(item))})


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
