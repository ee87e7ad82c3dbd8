"""Values of a body by their path."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.signatures.body_values import get_body_value, set_body_value

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("content", "path", "value"),
    [
        ({"a": {"b": "c"}}, "a.b", "c"),
        ({"a": [{"b": 7}]}, "a.0.b", "7"),
        ({"a": []}, "a.0", ""),
        ({"a": [1]}, "a.-1", ""),
        ({"a": [1]}, "a.b", ""),
        ({"a": "text"}, "a.0", ""),
        ({"a": None}, "a", ""),
        ({"a": True}, "a", ""),
        ({"a": {}}, "a", ""),
        ([], "a", ""),
        ("text", "a", ""),
    ],
)
def test_a_path_that_leads_nowhere_is_empty(content: Any, path: str, value: str) -> None:
    assert get_body_value(content, path) == value


@given(body=st.binary() | st.sampled_from([b"[]", b'"a"', b"{", b"1e999", b"[" * 100_000]))
def test_a_body_that_is_no_object_stays_as_it_is(body: bytes) -> None:
    try:
        is_object = isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        is_object = False
    assert is_object or set_body_value(body, "a.b", "c") is body


words = st.text(st.characters(exclude_characters=".", exclude_categories=["Cs"]), min_size=1, max_size=3)
objects = st.dictionaries(
    words, st.integers() | words | st.dictionaries(words, words, max_size=2), max_size=3
)


@given(content=objects, path=st.lists(words, min_size=1, max_size=3).map(".".join), value=words)
def test_what_is_written_is_read_again(content: dict[str, Any], path: str, value: str) -> None:
    changed = json.loads(set_body_value(json.dumps(content).encode(), path, value))
    assert get_body_value(changed, path) == value
    first = path.partition(".")[0]
    assert {key: item for key, item in changed.items() if key != first} == {
        key: item for key, item in content.items() if key != first
    }
