"""Paths lead to a value, or nowhere; never to an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.paths import ABSENT, follow, parse_path, parse_paths
from tests.support.json_strategies import values

pytestmark = pytest.mark.unit

BODY = {
    "meta": {"id": 7},
    "data": {"name": "Ida", "emails": [{"value": "a@x"}, {"value": None}], "0": "a key", "empty": []},
}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("name", "Ida"),
        ("emails.0.value", "a@x"),
        ("emails.1.value", None),
        ("emails.2.value", ABSENT),
        ("emails.value", ABSENT),
        ("emails.-1.value", ABSENT),
        ("emails.\u0660.value", ABSENT),
        (f"emails.{'9' * 5000}.value", ABSENT),
        ("empty.0", ABSENT),
        ("name.first", ABSENT),
        ("0", "a key"),
        (".", BODY["data"]),
        ("/meta.id", 7),
        ("/data.name", "Ida"),
        ("/", BODY),
        ("/name", ABSENT),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(word: str, value: Any) -> None:
    assert follow(BODY["data"], parse_path(word), BODY) == value


def test_a_path_from_the_root_leads_nowhere_in_a_copy() -> None:
    assert follow(BODY["data"], parse_path("/meta.id")) is ABSENT


def test_alternatives_stand_between_spaces() -> None:
    assert [path.parts for path in parse_paths(" title  names.0 ")] == [("title",), ("names", "0")]
    assert parse_paths("") == ()


@given(values(), st.text(max_size=12).filter(lambda text: not text.isspace()))
def test_any_path_of_any_value_is_no_error(content: Any, word: str) -> None:
    follow(content, parse_path(word), content)
