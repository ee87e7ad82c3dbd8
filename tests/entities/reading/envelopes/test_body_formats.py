"""Forms become objects and lists; what is no form is malformed."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.envelopes.body_formats import MAX_FIELDS, parse_form, write_body
from entities.reading.envelopes.strict_json import Malformed
from entities.vendor_language import BodyFormat

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
        ("tags[1]=x&tags[]=y", {"tags": {"1": "x", "2": "y"}}),
        ("tags[1]=x&tags[0]=y&tags[]=z&tags[]=w", {"tags": {"1": "x", "0": "y", "2": "z", "3": "w"}}),
        ("tags[1][a]=x&tags[][a]=y", {"tags": {"1": {"a": "x"}, "2": {"a": "y"}}}),
        ("tags[1]=x&tags=y", {"tags": {"1": "x", "2": "y"}}),
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


VALUES = st.recursive(
    NAMES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=4), inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=4), VALUES, min_size=1, max_size=4))
def test_objects_and_lists_come_back_as_they_were_written(content: dict[str, Any]) -> None:
    assert parse_form(write_body(content, BodyFormat.FORM)) == content


def test_a_form_has_all_values_as_texts() -> None:
    body = write_body({"a": None, "b": True, "c": 1.5, "d": [], "e": {"f": [1]}}, BodyFormat.FORM)
    assert parse_form(body) == {"a": "", "b": "true", "c": "1.5", "e": {"f": ["1"]}}
