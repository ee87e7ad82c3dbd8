"""The conversion of vendors' values, by tables of examples and by properties."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.models.introspection import mirrored_fields, record_models
from entities.reading.converters import (
    CONVERTERS,
    to_amount,
    to_currency,
    to_document,
    to_flag,
    to_identifier,
    to_json_number,
    to_labels,
    to_text,
    to_word,
)
from entities.reading.unconvertible import Unconvertible
from tests.support.json_strategies import values

pytestmark = pytest.mark.unit
TEXTS = [
    ("", ""),
    ("Acme", "Acme"),
    (" kept  as it is inside ", "kept  as it is inside"),
    ("Jose\u0301", "Jos\u00e9"),
    ("\ufeff\u200fAcme\u202c\u00a0", "Acme"),
    ("A\u202ecme", "A\u202ecme"),
    (42, "42"),
    (-1, "-1"),
    (Decimal("5.10"), "5.1"),
    (Decimal("1.0"), "1"),
    (Decimal("1e999"), "1E+999"),
    (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
]
WORDS = [
    ("ACTIVE", "active"),
    (" No_Show ", "no_show"),
    ("\u200eU\u0308ber\u200e", "\u00fcber"),
    (7, "7"),
    ("", ""),
]
CURRENCIES = [("usd", "USD"), (" AED ", "AED"), ("\u200fAED\u200f", "AED")]
AMOUNTS = [
    (5000, "5000.0000"),
    ("5000", "5000.0000"),
    ("  -12.5 ", "-12.5000"),
    ("\u200e-12.5\u200e", "-12.5000"),
    (".5", "0.5000"),
    ("5.", "5.0000"),
    ("1e3", "1000.0000"),
    (Decimal("19.99"), "19.9900"),
    (Decimal("0.00005"), "0.0000"),
    (Decimal("0.00015"), "0.0002"),
    (Decimal("-0.00001"), "0.0000"),
    (Decimal("1e-999999999"), "0.0000"),
    (9999999999999999, "9999999999999999.0000"),
]
FLAGS = [
    (True, True),
    (False, False),
    ("TRUE", True),
    ("no", False),
    (1, True),
    (0, False),
    ("\u200f0", False),
]
LABELS = [
    ([], []),
    (["b", "a", "b"], ["a", "b"]),
    ([2, "10"], ["10", "2"]),
    ([" a", "a\u200f", "", "\u00a0"], ["a"]),
]
DOCUMENTS = [
    (Decimal("1.50"), 1.5),
    (Decimal("3.0"), 3),
    (Decimal("1e999"), "1E+999"),
    (2**70, 2**70),
    (" as it came\u200f ", " as it came\u200f "),
    ({"a": [Decimal("0.1"), None, {"b": True}]}, {"a": [0.1, None, {"b": True}]}),
]
EXAMPLES = [
    (converter, raw, value)
    for converter, examples in (
        (to_text, TEXTS),
        (to_word, WORDS),
        (to_currency, CURRENCIES),
        (to_amount, AMOUNTS),
        (to_flag, FLAGS),
        (to_labels, LABELS),
        (to_document, DOCUMENTS),
    )
    for raw, value in examples
]
REFUSED = [
    (to_text, True, "a boolean is not a text"),
    (to_text, {}, "an object is not a text"),
    (to_text, [], "an array is not a text"),
    (to_identifier, "", "an id has 1 to 255 characters, not 0"),
    (to_identifier, "x" * 256, "an id has 1 to 255 characters, not 256"),
    (to_identifier, "x" * 100_000, "an id has 1 to 255 characters, not 100000"),
    (to_identifier, int("9" * 4000), "an id has 1 to 255 characters, not 4000"),
    (to_word, "x" * 101, "a word has at most 100 characters, not 101"),
    (to_currency, "dollars", "not an ISO 4217 currency code"),
    (to_currency, "ÄÖÜ", "not an ISO 4217 currency code"),
    (to_amount, "12,50", "not a number"),
    (to_amount, "NaN", "not a number"),
    (to_amount, "Infinity", "not a number"),
    (to_amount, "1_000", "not a number"),
    (to_amount, False, "a boolean is not a number"),
    (to_amount, {"amount": 5}, "an object is not a number"),
    (to_amount, 10**16, "an amount has at most 16 digits before the point"),
    (
        to_amount,
        Decimal("9999999999999999.99999"),
        "an amount has at most 16 digits before the point",
    ),
    (to_amount, Decimal("1e999999999"), "an amount has at most 16 digits before the point"),
    (to_amount, "1e9999", "an amount has at most 16 digits before the point"),
    (to_flag, "maybe", "text is not true or false"),
    (to_flag, 2, "a number is not true or false"),
    (to_flag, [], "an array is not true or false"),
    (to_labels, "vip", "text is not an array of texts"),
    (to_labels, ["vip", None], "null is not a text"),
    (to_labels, [["vip"]], "an array is not a text"),
]


@pytest.mark.parametrize(("convert", "raw", "value"), EXAMPLES)
def test_a_value_is_converted(convert: Any, raw: Any, value: Any) -> None:
    converted = convert(raw)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(("convert", "raw", "reason"), REFUSED)
def test_a_value_that_a_column_cannot_hold_is_refused_with_its_reason(
    convert: Any, raw: Any, reason: str
) -> None:
    with pytest.raises(Unconvertible) as refusal:
        convert(raw)
    assert str(refusal.value) == reason


def test_every_column_has_a_converter() -> None:
    kinds = {type(field) for model in record_models() for field in mirrored_fields(model).values()}
    assert kinds <= CONVERTERS.keys()


@pytest.mark.parametrize("kind", CONVERTERS, ids=lambda kind: kind.__name__)
@given(value=values())
def test_a_converter_gives_json_or_refuses(kind: type, value: Any) -> None:
    try:
        converted = CONVERTERS[kind](value)
    except Unconvertible:
        return
    assert json.loads(json.dumps(converted, allow_nan=False)) == converted


@given(value=values())
def test_what_is_converted_once_stays_as_it_is(value: Any) -> None:
    """The test leaves amounts out, because their digits are text after the first conversion."""
    for convert in (to_text, to_word, to_currency, to_labels):
        try:
            converted = convert(value)
        except Unconvertible:
            continue
        assert convert(converted) == converted


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_an_amount_is_the_same_as_text_and_as_a_number(number: Decimal) -> None:
    assert to_amount(number) == to_amount(f"{number:f}")


@given(st.integers(min_value=-(10**200), max_value=10**200))
def test_an_id_is_the_same_as_text_and_as_a_number(number: int) -> None:
    assert to_identifier(number) == to_identifier(str(number))


@given(st.text(min_size=1, max_size=255))
def test_an_id_is_not_changed(text: str) -> None:
    assert to_identifier(text) == text


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_loses_no_digit(number: Decimal) -> None:
    converted = to_json_number(number)
    assert Decimal(repr(converted) if isinstance(converted, float) else converted) == number
