"""Addresses are found again in whatever notation they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.erasure.marked_addresses import find_in_value, find_possible_addresses, read_addresses

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "+971 50 765 4321",
        "00971507654321",
        "(050) 765-4321",
        "call 0507654321 or 0501112223",
        "0501112223 / 050 765 4321",
        "0501112223,0507654321",
        '{"phone":"971507654321"}',
        "\u0660\u0665\u0660\u0667\u0666\u0665\u0664\u0663\u0662\u0661",
    ],
)
def test_a_phone_is_found_in_every_notation(text: str) -> None:
    assert read_addresses("+971 50 765 4321", "AE") & find_possible_addresses(text)


def test_a_phone_that_is_a_number_in_json_is_found() -> None:
    assert read_addresses("+971507654321") & find_in_value({"a": [971507654321]})


@pytest.mark.parametrize("text", ["050 765 4322", "1234567", "2025-01-15T10:30:00Z", ""])
def test_another_number_is_not(text: str) -> None:
    assert not read_addresses("+971 50 765 4321", "AE") & find_possible_addresses(text)


@pytest.mark.parametrize(
    "text",
    [
        "jane@x.example",
        "JANE@X.example.",
        "<jane@x.example>",
        "mailto:jane@x.example?a=b",
        "a,jane@x.example",
    ],
)
def test_an_email_is_found_in_a_text(text: str) -> None:
    assert read_addresses("Jane@x.example") & find_possible_addresses(text)


@given(st.text(max_size=40), st.emails(), st.text(max_size=40))
def test_an_email_is_found_between_spaces(before: str, email: str, after: str) -> None:
    assert read_addresses(email) <= find_possible_addresses(f"{before} {email} {after}")
