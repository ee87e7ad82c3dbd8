"""Paths lead to a value, or nowhere; never to an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.paths import ABSENT, Surroundings, follow, parse_path, parse_paths
from tests.support.json_strategies import values

pytestmark = pytest.mark.unit

BODY = {
    "meta": {"id": 7},
    "data": {"name": "Ida", "emails": [{"value": "a@x"}, {"value": None}], "0": "a key", "empty": []},
}
LISTS = {
    "phones": [{"type": "fax", "number": 1}, "odd", {"type": "work", "is main": True, "number": 2}],
    "Lead Source": "Fair",
    "a.b": "a dotted key",
    "settings": '{"label": {"text": "Won"}}',
    "broken": "{",
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
    assert follow(BODY["data"], parse_path(word), Surroundings(BODY)) == value


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("phones.type=work.number", 2),
        ("phones.number=1.type", "fax"),
        ("phones.'is main'=true.number", 2),
        ("phones.type=home.number", ABSENT),
        ("phones.=work", ABSENT),
        ("'Lead Source'", "Fair"),
        ("'Lead Source'.x", ABSENT),
        ("'a.b'", "a dotted key"),
        ("settings.json().label.text", "Won"),
        ("broken.json()", ABSENT),
        ("phones.json()", ABSENT),
    ],
)
def test_a_part_chooses_from_a_list_and_reads_a_text(word: str, value: Any) -> None:
    assert follow(LISTS, parse_path(word)) == value


def test_a_path_may_start_around_the_event_and_at_the_keys_that_lead_to_it() -> None:
    root = Surroundings(BODY, ({"at": 1}, {"at": 2}), ("leads", "add"))
    words = ("../at", "../../at", "../../../at", "@1", "@2", "@3", "../", "@0")
    assert [follow({}, parse_path(word), root) for word in words] == [
        1, 2, ABSENT, "leads", "add", ABSENT, {"at": 1}, ABSENT,
    ]  # fmt: skip
    assert follow({}, parse_path("../at")) is ABSENT


def test_the_place_of_a_path_is_where_the_value_stands() -> None:
    words = ("'Lead Source'.x", "/a.'b c'", "../a", "@1", ".")
    assert [parse_path(word).place for word in words] == ["Lead Source.x", "/a.b c", "../a", "@1", "."]


def test_a_path_from_the_root_leads_nowhere_in_a_copy() -> None:
    assert follow(BODY["data"], parse_path("/meta.id")) is ABSENT


def test_alternatives_stand_between_spaces() -> None:
    assert [path.parts for path in parse_paths(" title  names.0 ")] == [("title",), ("names", "0")]
    assert parse_paths("") == ()
    assert [path.parts for path in parse_paths("'A b' x.'c d'=e.f")] == [("A b",), ("x", "c d=e", "f")]


@given(values(), st.text(max_size=12).filter(lambda text: not text.isspace()))
def test_any_path_of_any_value_is_no_error(content: Any, word: str) -> None:
    follow(content, parse_path(word), Surroundings(content, (content,), ("key",)))
