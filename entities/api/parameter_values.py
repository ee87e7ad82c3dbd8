"""The kinds of values of query parameters: a form field for each, with its JSON Schema for OpenAPI.

Every field converts text to a value that PostgreSQL accepts, or raises a ValidationError that says what
is wrong and what to write instead.
"""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
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
NO_NUL = r"^[^\u0000]*$"
PLAIN_ITEM = r'^[^\u0000-\u001f",]+$'


class ValueField(forms.Field):
    """A value of one parameter. `schema` is its JSON Schema."""

    schema: ClassVar[dict[str, Any]] = {}


class TextValue(forms.CharField, ValueField):
    """A text without NUL, which PostgreSQL cannot store. White space around it counts."""

    schema = {"type": "string", "minLength": 1, "pattern": NO_NUL}

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)


class FlagValue(ValueField):
    """A boolean, written as true or false in any case."""

    schema = {"type": "boolean"}
    words: ClassVar = {"true": True, "false": False}

    def to_python(self, value: str | None) -> bool | None:
        if not value:
            return None
        if value.lower() not in self.words:
            raise_invalid(f"{quote_value(value)} is neither true nor false. Write true or false.")
        return self.words[value.lower()]


class IntegerValue(forms.IntegerField, ValueField):
    """A whole number that fits PostgreSQL's bigint."""

    schema = {"type": "integer", "format": "int64", "minimum": -MAX_BIGINT, "maximum": MAX_BIGINT}

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=-MAX_BIGINT, max_value=MAX_BIGINT, **options)


class AmountValue(forms.DecimalField, ValueField):
    """A decimal number that fits the columns for money."""

    schema = {"type": "number", "minimum": 1 - 10**16, "maximum": 10**16 - 1, "multipleOf": 0.0001}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=20, decimal_places=4, **options)


class DateValue(ValueField):
    """An ISO 8601 date."""

    schema = {"type": "string", "format": "date"}

    def to_python(self, value: str | None) -> date | None:
        if not value:
            return None
        return parse_or_none(parse_date, value) or raise_invalid(
            f"{quote_value(value)} is not a date. Write a date such as 2025-01-31."
        )


class TimeValue(ValueField):
    """An ISO 8601 time or date; without a time zone it is in UTC."""

    schema = {"type": "string", "format": "date-time"}

    def to_python(self, value: str | None) -> datetime | None:
        if not value:
            return None
        moment = parse_or_none(parse_datetime, value)
        if moment is None:
            raise_invalid(
                f"{quote_value(value)} is not a time. Write a time such as 2025-01-31T09:30:00Z; in an"
                " address, write + as %2B."
            )
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise_invalid(
                f"{quote_value(value)} is out of range. Write a time in the years 1 to 9999 of UTC."
            )


class JsonValue(ValueField):
    """A JSON value that jsonb can hold, as an expression: a plain None would mean SQL's NULL."""

    schema = {}

    def to_python(self, value: str | None) -> models.Value | None:
        if not value:
            return None
        ProhibitNullCharactersValidator()(value)
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
    """One word of a closed list."""

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def validate(self, value: str) -> None:
        super().validate(value)
        if value not in self.choices:
            raise_invalid(f"{quote_value(value)} is not a choice. Choose from: {', '.join(self.choices)}.")


class ListValue(ValueField):
    """Values separated by commas; a value that contains a comma is written in double quotes."""

    def __init__(self, item: forms.Field, **options: Any) -> None:
        super().__init__(**options)
        self.item = item

    def to_python(self, value: str | None) -> list[Any]:
        return [self.item.clean(item) for item in split_list(value)] if value else []


def split_list(text: str) -> list[str]:
    """Return the values of a list, as CSV separates them. Raises ValidationError."""
    try:
        rows = list(csv.reader([text]))
    except csv.Error:
        rows = []
    if len(rows) != 1 or len(rows[0]) > MAX_LIST_ITEMS:
        raise_invalid(
            "This is not a list of values, or it is too long."
            f" Write at most {MAX_LIST_ITEMS} values separated by commas, on one line."
        )
    return rows[0]


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
