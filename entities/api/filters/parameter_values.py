"""The kinds of values of query parameters: a form field for each, with its JSON Schema for OpenAPI.

Every field converts text to a value that PostgreSQL accepts, or raises a ValidationError that says what
is wrong and what to write instead. White space around a value is ignored, except around a text.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

MAX_BIGINT = 2**63 - 1
MAX_LIST_ITEMS = 1000
MAX_NESTING = 50
MAX_QUOTED_CHARACTERS = 40
# No NUL, and no space and digit at the beginning: see `TextValue`.
TEXT_PATTERN = r"^(?! [0-9])[^\u0000]*$"
# A list's item that needs no quotes: without quotes and commas, and without white space at either end.
PLAIN_ITEM = r'^[^\u0000-\u001f",\s]([^\u0000-\u001f",]*[^\u0000-\u001f",\s])?$'
AMOUNT_PATTERN = r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$"
# A list's item with the white space around it, up to the comma or the end of the list.
LIST_ITEM = re.compile(
    r'\s*+(?:"(?P<quoted>(?:[^"]|"")*+)"|(?P<plain>(?!")[^,\r\n]*+))\s*(?:(?P<comma>,)|\Z)'
)
ENCODED_PLUS = re.compile(r" [0-9]")
# The same at the beginning of a text within JSON. A quote after a backslash does not begin one.
ENCODED_PLUS_IN_JSON = re.compile(r'(?<!\\)" [0-9]')


class ValueField(forms.Field):
    """A value of one parameter. `schema` is its JSON Schema."""

    schema: ClassVar[dict[str, Any]] = {}


class TextValue(forms.CharField, ValueField):
    """A text without NUL, which PostgreSQL cannot store. White space around it counts.

    A space and a digit at the beginning are refused: that is how the + of a phone number arrives if it is
    not encoded, and such a number would silently find nothing.
    """

    schema = {"type": "string", "minLength": 1, "pattern": TEXT_PATTERN}

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def to_python(self, value: str | None) -> str:
        if value and ENCODED_PLUS.match(value):
            raise_invalid(
                f"{quote_value(value)} begins with a space and a digit, as a + does that is not encoded. In"
                " an address, write + as %2B; if you mean no +, leave out the space."
            )
        return super().to_python(value) or ""


class SearchValue(forms.CharField, ValueField):
    """The text of a search. A + that is not encoded does no harm: the search needs none."""

    schema = {"type": "string", "minLength": 1, "pattern": r"^[^\u0000]*[^\u0000\s][^\u0000]*$"}


class WordValue(TextValue):
    """A word of an open vocabulary, in lower case as it is stored."""

    def to_python(self, value: str | None) -> str:
        return super().to_python(value).strip().lower()


class CurrencyValue(TextValue):
    """An ISO 4217 code, in upper case as it is stored."""

    def to_python(self, value: str | None) -> str:
        return super().to_python(value).strip().upper()


class FlagValue(ValueField):
    """A boolean, written as true or false in any case."""

    schema = {"type": "boolean"}
    words: ClassVar = {"true": True, "false": False}

    def to_python(self, value: str | None) -> bool | None:
        if not value:
            return None
        word = value.strip().lower()
        if word not in self.words:
            raise_invalid(f"{quote_value(value)} is neither true nor false. Write true or false.")
        return self.words[word]


class IntegerValue(forms.IntegerField, ValueField):
    """A whole number that fits PostgreSQL's bigint."""

    schema = {"type": "integer", "format": "int64", "minimum": -MAX_BIGINT, "maximum": MAX_BIGINT}

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=-MAX_BIGINT, max_value=MAX_BIGINT, **options)


class AmountValue(forms.DecimalField, ValueField):
    """A decimal number that fits the columns for money.

    For the schema it is a text, as in the answers: a number would be checked in floating point, in which
    19.99 is no multiple of 0.0001 and the largest amounts do not exist.
    """

    schema = {"type": "string", "format": "decimal", "pattern": AMOUNT_PATTERN}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=20, decimal_places=4, **options)


class DateValue(ValueField):
    """An ISO 8601 date."""

    schema = {"type": "string", "format": "date"}

    def to_python(self, value: str | None) -> date | None:
        if not value:
            return None
        return parse_or_none(parse_date, value.strip()) or raise_invalid(
            f"{quote_value(value)} is not a date. Write a date such as 2025-01-31."
        )


@dataclass(frozen=True)
class Period:
    """The times from the first to the last one: a day, or one moment. PostgreSQL counts microseconds too."""

    first: datetime
    last: datetime


class TimeValue(ValueField):
    """An ISO 8601 time, in UTC if it has no time zone; or a date, which means the whole day in UTC.

    For the schema it is a text of a format of its own: generators make types that cannot be compiled (Go) or
    are hard to use (Python) of a time or a date.
    """

    schema = {"type": "string", "format": "iso8601"}

    def to_python(self, value: str | None) -> Period | None:
        if not value:
            return None
        if day := parse_or_none(parse_date, value.strip()):
            return Period(datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC))
        moment = parse_or_none(parse_datetime, value.strip())
        if moment is None:
            raise_invalid(
                f"{quote_value(value)} is not a time. Write a time such as 2025-01-31T09:30:00Z, or a date"
                " such as 2025-01-31 for the whole day in UTC; in an address, write + as %2B."
            )
        try:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError:
            raise_invalid(
                f"{quote_value(value)} is out of range. Write a time in the years 1 to 9999 of UTC."
            )
        return Period(moment, moment)


class JsonValue(ValueField):
    """A JSON value that jsonb can hold, as an expression: a plain None would mean SQL's NULL.

    For the schema it is a text: generators of clients do not know parameters that are JSON by `content`.
    """

    schema = {"type": "string", "format": "json", "minLength": 1}

    def to_python(self, value: str | None) -> models.Value | None:
        if not value:
            return None
        ProhibitNullCharactersValidator()(value)
        if ENCODED_PLUS_IN_JSON.search(value):
            raise_invalid(
                "A text in this JSON value begins with a space and a digit, as a + does that is not encoded."
                " In an address, write + as %2B; if you mean a space, write \\u0020."
            )
        try:
            document = json.loads(value, parse_constant=reject_constant)
            text = json.dumps(document, allow_nan=False, ensure_ascii=False)
            text.encode()
        except (ValueError, RecursionError):
            raise_invalid(
                f'{quote_value(value)} is not JSON that can be compared. Write a value such as "gold" or'
                ' {"tier": 1}.'
            )
        if "\\u0000" in text or nesting_depth(document) > MAX_NESTING:
            raise_invalid(
                "This JSON value holds a NUL character or is nested too deep."
                f" Write one without NUL, nested at most {MAX_NESTING} deep."
            )
        return models.Value(document, models.JSONField())


class ChoiceValue(TextValue):
    """One word of a closed list, in any case."""

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def to_python(self, value: str | None) -> str:
        word = super().to_python(value).strip()
        return next((choice for choice in self.choices if choice.lower() == word.lower()), word)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value not in self.choices:
            raise_invalid(f"{quote_value(value)} is not a choice. Choose from: {', '.join(self.choices)}.")


class ListValue(ValueField):
    """Values that are separated by commas, or given by repeating the parameter, or both.

    A value that contains a comma is written in double quotes.
    """

    # Reads every value of a repeated parameter.
    widget = forms.SelectMultiple

    def __init__(self, item: forms.Field, **options: Any) -> None:
        super().__init__(**options)
        self.item = item

    def to_python(self, value: list[str] | None) -> list[Any]:
        texts = value or []
        if not any(texts):
            return []
        return [self.item.clean(item) for item in split_lists(texts)]


def split_lists(texts: Sequence[str]) -> list[str]:
    """Return the values of all these lists. Raises ValidationError."""
    items = [item for text in texts for item in split_list(text)]
    if len(items) > MAX_LIST_ITEMS:
        raise_invalid(f"This is a list of {len(items)} values. Write at most {MAX_LIST_ITEMS}.")
    return items


def split_list(text: str) -> list[str]:
    """Return the values of a list without the white space around them. Raises ValidationError.

    The space before a digit stays, because it may have been a +; each kind of value decides about it.
    """
    items = []
    is_complete = False
    end = 0
    while not is_complete:
        item = LIST_ITEM.match(text, end) or raise_invalid(
            f"Cannot read this list from {quote_value(text[end:])} on. Separate values by commas, on one"
            ' line; write a value with a comma in double quotes, and a quote within it twice: "a, ""b""".'
        )
        items.append(get_list_item(item))
        end = item.end()
        is_complete = item["comma"] is None
    return items


def get_list_item(item: re.Match[str]) -> str:
    """Return the value of a list's item: what is in the quotes, or the text without white space around it."""
    if item["quoted"] is not None:
        return item["quoted"].replace('""', '"')
    plain = item["plain"].rstrip()
    return f" {plain}" if ENCODED_PLUS.match(item[0]) else plain


def parse_or_none(parse: Callable[[str], Any], text: str) -> Any:
    """Return the value that Django's parser reads, or None for malformed text or an impossible date."""
    try:
        return parse(text)
    except (ValueError, OverflowError):
        return None


def nesting_depth(document: Any) -> int:
    """Return how many arrays and objects are nested in a JSON value; 0 for a scalar."""
    if not isinstance(document, list | dict):
        return 0
    inner = document.values() if isinstance(document, dict) else document
    return 1 + max(map(nesting_depth, inner), default=0)


def quote_value(value: str) -> str:
    """Return a value for an error message: quoted, in printable characters, and short."""
    return repr(value if len(value) <= MAX_QUOTED_CHARACTERS else value[:MAX_QUOTED_CHARACTERS] + "…")


def raise_invalid(message: str) -> NoReturn:
    """Raise a ValidationError; an expression, unlike `raise`."""
    raise ValidationError(message)


def reject_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads but which are not JSON."""
    raise ValueError(name)
