"""Values of query parameters: each kind turns text into a value that PostgreSQL takes, or refuses it."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from entities.api.parameter_values import (
    MAX_BIGINT,
    MAX_LIST_ITEMS,
    MAX_NESTING,
    AmountValue,
    ChoiceValue,
    DateValue,
    FlagValue,
    IntegerValue,
    JsonValue,
    ListValue,
    TextValue,
    TimeValue,
    ValueField,
)

pytestmark = pytest.mark.unit

GOOD: list[tuple[ValueField, str, Any]] = [
    (TextValue(), " a ", " a "),
    (FlagValue(), "true", True),
    (FlagValue(), "FALSE", False),
    (IntegerValue(), str(MAX_BIGINT), MAX_BIGINT),
    (IntegerValue(), "-7", -7),
    (AmountValue(), "19.9", Decimal("19.9")),
    (AmountValue(), "9999999999999999.9999", Decimal("9999999999999999.9999")),
    (DateValue(), "2025-01-31", date(2025, 1, 31)),
    (TimeValue(), "2025-01-31T09:30:00Z", datetime(2025, 1, 31, 9, 30, tzinfo=UTC)),
    (TimeValue(), "2025-01-31T09:30:00+05:30", datetime(2025, 1, 31, 4, tzinfo=UTC)),
    (TimeValue(), "2025-01-31T09:30:00", datetime(2025, 1, 31, 9, 30, tzinfo=UTC)),
    (ChoiceValue(["won", "lost"]), "won", "won"),
    (ListValue(IntegerValue()), "1,2,3", [1, 2, 3]),
    (ListValue(TextValue()), 'a,"b,c"', ["a", "b,c"]),
]
WRONG: list[tuple[ValueField, str]] = [
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
    (ListValue(IntegerValue()), "1,x"),
    (ListValue(TextValue()), ",".join("a" * (MAX_LIST_ITEMS + 1))),
]


def name_of(value: object) -> str:
    return type(value).__name__ if isinstance(value, ValueField) else str(value)[:30]


@pytest.mark.parametrize(("field", "text", "value"), GOOD, ids=name_of)
def test_text_becomes_the_value_that_it_means(field: ValueField, text: str, value: Any) -> None:
    assert field.clean(text) == value


@pytest.mark.parametrize(("field", "text"), WRONG, ids=name_of)
def test_text_that_means_no_such_value_is_refused(field: ValueField, text: str) -> None:
    with pytest.raises(ValidationError):
        field.clean(text)


def test_a_json_value_is_an_expression_in_which_null_is_a_value_too() -> None:
    for text, value in (("null", None), ('{"tier": 1}', {"tier": 1})):
        expression = JsonValue().clean(text)
        assert isinstance(expression, models.Value)
        assert expression.value == value


@pytest.mark.parametrize("field", [FlagValue, IntegerValue, AmountValue, DateValue, TimeValue, JsonValue])
@given(text=st.text(max_size=30))
def test_no_text_raises_anything_but_a_validation_error(field: type[ValueField], text: str) -> None:
    with suppress(ValidationError):
        field(required=False).clean(text)
