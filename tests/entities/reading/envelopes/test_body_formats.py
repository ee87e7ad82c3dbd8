"""Forms become objects and lists; what is no form is malformed."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.envelopes.body_formats import MAX_FIELDS, parse_form
from entities.reading.envelopes.strict_json import Malformed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("type=add&name=Ida+B%26C", {"type": "add", "name": "Ida B&C"}),
        ("name=", {"name": ""}),
        ("name=Zo%C3%AB", {"name": "Zoë"}),
        ("contact[id]=7&contact[fields][39]=x", {"contact": {"id": "7", "fields": {"39": "x"}}}),
        ("leads%5Badd%5D%5B0%5D%5Bid%5D=1", {"leads": {"add": [{"id": "1"}]}}),
        ("tags[]=a&tags[]=b", {"tags": ["a", "b"]}),
        ("tags=a&tags=b&tags=c", {"tags": ["a", "b", "c"]}),
        ("rows[][id]=1&rows[][id]=2", {"rows": [{"id": "1"}, {"id": "2"}]}),
        ("rows[1]=b", {"rows": {"1": "b"}}),
        ("a=1&a[b]=2", {"a": {"": "1", "b": "2"}}),
        ("a]=1&[b]=2&c[=3&d[x]y=4", {"a]": "1", "[b]": "2", "c[": "3", "d[x]y": "4"}),
        ("name=%00a", {"name": "\ufffda"}),
    ],
)
def test_a_form_is_an_object_of_texts(body: str, content: dict[str, Any]) -> None:
    assert parse_form(body.encode()) == content


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not a form"),
        (b'{"event": "a"}', "not a form"),
        (b"name=%ff", "not a form"),
        (b"\xff=1", "not a form"),
        (b"&".join([b"a=1"] * (MAX_FIELDS + 1)), "not a form"),
        (b"a" + b"[b]" * 200 + b"=1", "nested deeper than 100 levels"),
    ],
)
def test_what_is_no_form_is_malformed(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse_form(body)


NAMES = st.text(alphabet="ab .&=%é", max_size=6)


@given(st.dictionaries(NAMES, NAMES, min_size=1))
def test_a_form_without_brackets_comes_back_as_it_was_written(fields: dict[str, str]) -> None:
    assert parse_form(urlencode(fields).encode()) == fields


@given(st.text(alphabet="ab[]=&0%5B", max_size=40))
def test_any_text_is_a_form_or_malformed(text: str) -> None:
    try:
        parse_form(text.encode())
    except Malformed:
        return
