"""Values of query parameters: each kind turns text into a value that PostgreSQL takes, or refuses it."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from entities.api.filters.parameter_values import (
    AMOUNT_PATTERN,
    MAX_BIGINT,
    MAX_LIST_ITEMS,
    MAX_NESTING,
    TEXT_PATTERN,
    AmountValue,
    ChoiceValue,
    CurrencyValue,
    DateValue,
    FlagValue,
    IntegerValue,
    JsonValue,
    ListValue,
    Period,
    TextValue,
    TimeValue,
    ValueField,
    WordValue,
    split_list,
)

pytestmark = pytest.mark.unit


def moment(*parts: int) -> Period:
    """Return the period that a time stands for, which is that time alone."""
    year, month, day, hour, minute = parts
    time = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return Period(time, time)


def whole_day(year: int, month: int, day: int) -> Period:
    """Return the period that a date stands for."""
    midnight = datetime(year, month, day, tzinfo=UTC)
    return Period(midnight, midnight.replace(hour=23, minute=59, second=59, microsecond=999_999))


GOOD: list[tuple[ValueField, Any, Any]] = [
    (TextValue(), " a ", " a "),
    (FlagValue(), "true", True),
    (FlagValue(), "FALSE", False),
    (FlagValue(), " true\n", True),
    (WordValue(), " Won ", "won"),
    (CurrencyValue(), " aed ", "AED"),
    (IntegerValue(), " 7 ", 7),
    (AmountValue(), " 19.9 ", Decimal("19.9")),
    (DateValue(), " 2025-01-31 ", date(2025, 1, 31)),
    (TimeValue(), " 2025-01-31T09:30:00Z ", moment(2025, 1, 31, 9, 30)),
    (ChoiceValue(["won", "lost"]), " won ", "won"),
    (IntegerValue(), str(MAX_BIGINT), MAX_BIGINT),
    (IntegerValue(), "-7", -7),
    (AmountValue(), "19.9", Decimal("19.9")),
    (AmountValue(), "9999999999999999.9999", Decimal("9999999999999999.9999")),
    (DateValue(), "2025-01-31", date(2025, 1, 31)),
    (TimeValue(), "2025-01-31T09:30:00Z", moment(2025, 1, 31, 9, 30)),
    (TimeValue(), "2025-01-31T09:30:00+05:30", moment(2025, 1, 31, 4, 0)),
    (TimeValue(), "2025-01-31T09:30:00", moment(2025, 1, 31, 9, 30)),
    (TimeValue(), "2025-01-31", whole_day(2025, 1, 31)),
    (TimeValue(), "0001-01-01", whole_day(1, 1, 1)),
    (TimeValue(), "9999-12-31", whole_day(9999, 12, 31)),
    (ChoiceValue(["won", "lost"]), "won", "won"),
    (ListValue(IntegerValue()), ["1,2,3"], [1, 2, 3]),
    (ListValue(IntegerValue()), ["1, 2", " 3 "], [1, 2, 3]),
    (ListValue(TextValue()), ['a,"b,c"'], ["a", "b,c"]),
    (ListValue(TextValue()), ["a , b c\t,\nd"], ["a", "b c", "d"]),
    (ListValue(TextValue(required=False)), [' " a " ,"", b"c'], [" a ", "", 'b"c']),
    (ListValue(TextValue()), ['"a ""b"""'], ['a "b"']),
    (ListValue(TextValue()), ['"a\nb"'], ["a\nb"]),
]
WRONG: list[tuple[ValueField, Any]] = [
    (TextValue(), " 971501234567"),
    (WordValue(), " 5"),
    (ListValue(TextValue()), ["a, 971501234567"]),
    (ListValue(TextValue()), ['"a"," 971501234567"']),
    (ListValue(TextValue()), ['"a']),
    (ListValue(TextValue()), ['"a" b']),
    (ListValue(TextValue()), ["a\nb"]),
    (ListValue(TextValue()), ["", ""]),
    (ListValue(TextValue()), ["a," * 500, "a," * 500]),
    (JsonValue(), '{"phone": " 971501234567"}'),
    (TextValue(), "a\x00b"),
    (FlagValue(), "yes"),
    (FlagValue(), "1"),
    (IntegerValue(), str(MAX_BIGINT + 1)),
    (IntegerValue(), "1.5"),
    (AmountValue(), "1.00001"),
    (AmountValue(), "10000000000000000"),
    (AmountValue(), "NaN"),
    (DateValue(), "2025-02-30"),
    (DateValue(), "yesterday"),
    (TimeValue(), "2025-01-31T25:00:00Z"),
    (TimeValue(), "0001-01-01T00:00:00+14:00"),
    (TimeValue(), "1736937000"),
    (JsonValue(), "{"),
    (JsonValue(), "NaN"),
    (JsonValue(), '"\\u0000"'),
    (JsonValue(), '"\\ud800"'),
    (JsonValue(), "[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1)),
    (JsonValue(), "[" * 100_000),
    (ChoiceValue(["won", "lost"]), "open"),
    (ListValue(IntegerValue()), ["1,x"]),
    (ListValue(TextValue()), [",".join("a" * (MAX_LIST_ITEMS + 1))]),
]


def name_of(value: object) -> str:
    return type(value).__name__ if isinstance(value, ValueField) else str(value)[:30]


@pytest.mark.parametrize(("field", "text", "value"), GOOD, ids=name_of)
def test_text_becomes_the_value_that_it_means(field: ValueField, text: Any, value: Any) -> None:
    assert field.clean(text) == value


@pytest.mark.parametrize(("field", "text"), WRONG, ids=name_of)
def test_text_that_means_no_such_value_is_refused(field: ValueField, text: Any) -> None:
    with pytest.raises(ValidationError):
        field.clean(text)


def test_a_json_value_is_an_expression_in_which_null_is_a_value_too() -> None:
    for text, value in (("null", None), ('{"tier": 1}', {"tier": 1}), ('"\\u0020971"', " 971")):
        expression = JsonValue().clean(text)
        assert isinstance(expression, models.Value)
        assert expression.value == value


@pytest.mark.parametrize("field", [FlagValue, IntegerValue, AmountValue, DateValue, TimeValue, JsonValue])
@given(text=st.text(max_size=30))
def test_no_text_raises_anything_but_a_validation_error(field: type[ValueField], text: str) -> None:
    with suppress(ValidationError):
        field(required=False).clean(text)


@given(texts=st.lists(st.text('a5 ,"\n\t', max_size=12), max_size=3))
def test_no_list_raises_anything_but_a_validation_error(texts: list[str]) -> None:
    with suppress(ValidationError):
        ListValue(TextValue()).clean(texts)


@given(values=st.lists(st.text(min_size=1), min_size=1, max_size=5), data=st.data())
def test_quoted_values_are_read_as_they_are(values: list[str], data: st.DataObject) -> None:
    spaces = st.text(" \t\n", max_size=2)
    quoted = ['"' + value.replace('"', '""') + '"' for value in values]
    text = ",".join(data.draw(spaces) + value + data.draw(spaces) for value in quoted)
    assert split_list(text) == values


AMOUNT_SCHEMA = Draft202012Validator(AmountValue.schema)
AMOUNTS = ["0", "0.1", "0.3", "0.0001", "-0.0001", "1.1", "19.99", "4.35", "1000.01", "-123456.789"]
AMOUNTS += [str(1e15), "1000000000000000.0001", "9999999999999999.9999", "-9999999999999999.9999"]


@pytest.mark.parametrize("text", AMOUNTS)
def test_the_schema_takes_every_amount(text: str) -> None:
    assert AmountValue().clean(text) == Decimal(text)
    assert AMOUNT_SCHEMA.is_valid(text)


@given(cents=st.integers(1 - 10**20, 10**20 - 1))
def test_the_schema_takes_every_amount_that_a_column_holds(cents: int) -> None:
    amount = Decimal(cents).scaleb(-4, Context(prec=20))
    text = f"{amount:f}"
    assert AmountValue().clean(text) == amount
    assert AMOUNT_SCHEMA.is_valid(text)


@given(text=st.from_regex(AMOUNT_PATTERN, fullmatch=True))
def test_every_amount_of_the_schema_is_taken(text: str) -> None:
    assert AmountValue().clean(text) == Decimal(text.strip())


@given(text=st.text("a 5+\x00\n", max_size=4))
def test_the_schema_of_texts_takes_what_is_taken(text: str) -> None:
    try:
        is_taken = TextValue(required=False).clean(text) == text
    except ValidationError:
        is_taken = False
    assert Draft202012Validator({"pattern": TEXT_PATTERN}).is_valid(text) == is_taken
