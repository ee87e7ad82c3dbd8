"""The values of query parameters: how each kind is read, and how OpenAPI describes it.

Every field turns text into a value that PostgreSQL takes, or raises a ValidationError that says
what is wrong.
"""

import csv
import json
from collections.abc import Sequence
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
NO_NUL = r"^[^\u0000]*$"
PLAIN_ITEM = r'^[^\u0000-\u001f",]+$'


class ValueField(forms.Field):
    """One value. `schema` is its JSON Schema."""

    schema: ClassVar[dict[str, Any]] = {}


class TextValue(forms.CharField, ValueField):
    schema = {"type": "string", "minLength": 1, "pattern": NO_NUL}

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)


class FlagValue(ValueField):
    schema = {"type": "boolean"}
    words: ClassVar = {"true": True, "false": False}

    def to_python(self, value: str | None) -> bool | None:
        if not value:
            return None
        if value.lower() not in self.words:
            raise ValidationError("Give true or false.")
        return self.words[value.lower()]


class IntegerValue(forms.IntegerField, ValueField):
    """A whole number that fits PostgreSQL's bigint."""

    schema = {"type": "integer", "format": "int64", "minimum": -MAX_BIGINT, "maximum": MAX_BIGINT}

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=-MAX_BIGINT, max_value=MAX_BIGINT, **options)


class AmountValue(forms.DecimalField, ValueField):
    schema = {"type": "number", "minimum": 1 - 10**16, "maximum": 10**16 - 1, "multipleOf": 0.0001}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=20, decimal_places=4, **options)


class DateValue(ValueField):
    schema = {"type": "string", "format": "date"}

    def to_python(self, value: str | None) -> date | None:
        if not value:
            return None
        return parse_or_none(parse_date, value) or raise_invalid("Give a date such as 2025-01-31.")


class TimeValue(ValueField):
    """An ISO 8601 time or date; UTC unless it says otherwise."""

    schema = {"type": "string", "format": "date-time"}

    def to_python(self, value: str | None) -> datetime | None:
        if not value:
            return None
        moment = parse_or_none(parse_datetime, value)
        if moment is None:
            raise_invalid("Give a time such as 2025-01-31T09:30:00Z (a + in an address is written %2B).")
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise_invalid("Give a time between the years 1 and 9999.")


class JsonValue(ValueField):
    """A JSON value that jsonb can hold; as an expression, in which null is a value too."""

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
            raise_invalid('Give a JSON value, such as "gold" or {"tier": 1}.')
        if "\\u0000" in text or nesting_depth(document) > MAX_NESTING:
            raise_invalid("Give a JSON value without NUL, nested at most 50 deep.")
        return models.Value(document, models.JSONField())


class ChoiceValue(TextValue):
    """One of a closed list of words."""

    def __init__(self, known: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.known = known

    def validate(self, value: str) -> None:
        super().validate(value)
        if value not in self.known:
            raise_invalid(f"Give one of {', '.join(self.known)}.")


class ListValue(ValueField):
    """Values that commas separate; one that holds a comma stands in double quotes."""

    def __init__(self, item: forms.Field, **options: Any) -> None:
        super().__init__(**options)
        self.item = item

    def to_python(self, value: str | None) -> list[Any]:
        return [self.item.clean(item) for item in split_list(value)] if value else []


def split_list(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text]))
    except csv.Error:
        rows = []
    if len(rows) != 1 or len(rows[0]) > MAX_LIST_ITEMS:
        raise_invalid(f"Give at most {MAX_LIST_ITEMS} values with commas between them, on one line.")
    return rows[0]


def parse_or_none(parse: Any, text: str) -> Any:
    """What Django's parser makes of the text; None where it is no date or an impossible one."""
    try:
        return parse(text)
    except (ValueError, OverflowError):
        return None


def nesting_depth(document: Any) -> int:
    if not isinstance(document, list | dict):
        return 0
    inner = document.values() if isinstance(document, dict) else document
    return 1 + max(map(nesting_depth, inner), default=0)


def raise_invalid(message: str) -> NoReturn:
    raise ValidationError(message)


def reject_constant(name: str) -> NoReturn:
    raise ValueError(name)
