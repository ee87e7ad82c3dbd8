"""Filters by one key of a JSON column: `custom_fields.region=north`, `extra.score__gte=10`.

Values compare with values of their own type only: a number with numbers, a text with texts. Nothing is cast,
so no value of a vendor can make a query fail.
"""

import json
import re
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models import BooleanField, F, Func, Q, Value

from entities.api.filters.parameter_values import FlagValue, ListValue, TextValue, quote_value, raise_invalid

ORDER_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
KEY_LOOKUPS = ("exact", "in", "not", "not_in", *ORDER_SIGNS, "icontains", "isnull")
# What follows the column: a dot, the key as the vendor writes it, and a lookup.
KEY_PATH = re.compile(rf"(?P<column>\w+)\.(?P<key>.+?)(?:__(?P<lookup>{'|'.join(KEY_LOOKUPS)}))?", re.DOTALL)
# A number as JSON writes it, so not 007: that is a text. PostgreSQL has no larger ones.
NUMBER = re.compile(r"-?(0|[1-9]\d{0,99})(\.\d{1,99})?([eE][+-]?\d{1,3})?", re.ASCII)
QUOTED = re.compile(r'"(.*)"', re.DOTALL)
FLAGS = frozenset({"true", "false"})
LIKE_SIGNS = re.compile(r"[\\%_]")


class KeyValue(TextValue):
    """A value of a key, as the text of a JSON scalar: a number, true or false, else a text.

    A text that looks like a number or a flag stands in double quotes.
    """

    def to_python(self, value: str | None) -> str:
        text = super().to_python(value)
        # Checked here, because JSON escapes it.
        ProhibitNullCharactersValidator()(text)
        if NUMBER.fullmatch(text.strip()) or text.strip() in FLAGS:
            return text.strip()
        quoted = QUOTED.fullmatch(text)
        return json.dumps(quoted[1] if quoted else text, ensure_ascii=False)


class OrderedKeyValue(KeyValue):
    """A number or a text, which have an order."""

    def to_python(self, value: str | None) -> str:
        text = super().to_python(value)
        if text in FLAGS or not value:
            raise_invalid(f"{quote_value(value or '')} has no order. Write a number or a text.")
        return text


def split_key_path(name: str) -> tuple[str, str, str] | None:
    """Return the column, the key and the lookup of a parameter; None if it has no key."""
    path = KEY_PATH.fullmatch(name)
    if path is None or "\0" in name or not _is_encodable(name):
        return None
    return path["column"], path["key"], path["lookup"] or "exact"


def make_key_field(lookup: str) -> forms.Field:
    """Return the form field that reads the value of a lookup."""
    if lookup == "isnull":
        return FlagValue(required=True)
    if lookup in ("in", "not_in"):
        return ListValue(KeyValue(required=False), required=True)
    if lookup == "icontains":
        return TextValue(required=True)
    return OrderedKeyValue() if lookup in ORDER_SIGNS else KeyValue(required=False)


def match_key(column: str, key: str, lookup: str, value: Any) -> Q:
    """Return the condition of a lookup in a key. Records without the key, or with null, match `not` only."""
    found = Func(
        F(column),
        Value(key),
        arg_joiner=" -> ",
        template="(%(expressions)s)",
        output_field=models.JSONField(),
    )
    if lookup == "isnull":
        is_null = _condition(found, template="jsonb_typeof(%(expressions)s) IS NOT DISTINCT FROM 'null'")
        is_missing = _condition(found, template="%(expressions)s IS NULL")
        return Q(is_missing) | Q(is_null) if value else ~Q(is_missing) & ~Q(is_null)
    if lookup == "icontains":
        text = Func(
            F(column),
            Value(key),
            arg_joiner=" ->> ",
            template="(%(expressions)s)",
            output_field=models.TextField(),
        )
        pattern = Value("%" + LIKE_SIGNS.sub(r"\\\g<0>", value) + "%")
        return Q(_has_type(found, "string"), _condition(text, pattern, arg_joiner=" ILIKE "))
    if lookup in ORDER_SIGNS:
        is_further = _condition(found, _jsonb(value), arg_joiner=f" {ORDER_SIGNS[lookup]} ")
        return Q(_has_type(found, "string" if value.startswith('"') else "number"), is_further)
    values = value if lookup in ("in", "not_in") else [value]
    wanted = Func(*map(_jsonb, values), template="(%(expressions)s)")
    is_equal = _condition(found, wanted, arg_joiner=" IN ")
    return ~Q(is_equal) if lookup in ("not", "not_in") else Q(is_equal)


def _has_type(found: Any, kind: str) -> Func:
    return _condition(found, Value(kind), template="jsonb_typeof(%(expressions)s", arg_joiner=") = ")


def _condition(*operands: Any, template: str = "%(expressions)s", arg_joiner: str = ", ") -> Func:
    """Return a condition that is false, instead of null, where there is no value."""
    return Func(
        *operands,
        template=f"COALESCE({template}, FALSE)",
        arg_joiner=arg_joiner,
        output_field=BooleanField(),
    )


def _jsonb(text: str) -> Func:
    return Func(Value(text), template="%(expressions)s::jsonb", output_field=models.JSONField())


def _is_encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
