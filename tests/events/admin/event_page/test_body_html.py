"""An event's body as the admin shows it: indented, escaped and bounded, otherwise as the vendor wrote it."""

import json
import re
from html import unescape

import pytest
from hypothesis import given

from events.admin.event_page.body_html import MAX_HEX_BYTES, MAX_HTML_LENGTH, MAX_TEXT_LENGTH, render_body
from tests.support.json_strategies import TEXTS, values

pytestmark = pytest.mark.unit


def shown_text(body: bytes) -> str:
    """Return the text that a browser would show of the rendered body."""
    return unescape(re.sub(r"<[^>]+>", "", render_body(body).html))


def test_json_is_indented_and_its_keys_texts_and_numbers_are_told_apart() -> None:
    rendered = render_body(b'{"a":[1,"b"],"c":{}}')
    assert (rendered.kind, rendered.is_cut) == ("JSON", False)
    assert shown_text(b'{"a":[1,"b"],"c":{}}') == '{\n  "a": [\n    1,\n    "b"\n  ],\n  "c": {}\n}'
    for kind in ("key", "string", "number"):
        assert f'<span class="json-{kind}">' in rendered.html


@pytest.mark.parametrize(
    "lexemes", ['{"n": 1.10e+02}', '{"u": "\\u00e9\\/"}', '{"k": 1, "k": 2}', '{"big": 12345678901234567890}']
)
def test_numbers_escapes_and_repeated_keys_look_as_the_vendor_wrote_them(lexemes: str) -> None:
    assert re.sub(r"\s", "", shown_text(lexemes.encode())) == re.sub(r"\s", "", lexemes)


@given(value=values(TEXTS))
def test_whatever_the_json_what_is_shown_is_the_same_json(value: object) -> None:
    body = json.dumps([value]).encode()
    assert json.loads(shown_text(body)) == [value]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "text"), (b"", "text"), (b'"a"', "text"), (b"[" * 100_000, "text"), (b"\xff\x00", "bytes")],
    ids=["half an object", "nothing", "a scalar", "too deep", "not UTF-8"],
)
def test_anything_but_an_object_or_array_is_shown_as_text_and_anything_but_text_as_bytes(
    body: bytes, kind: str
) -> None:
    assert render_body(body).kind == kind


def test_bytes_are_shown_with_offset_hexadecimal_and_printable_ascii() -> None:
    first, second = shown_text(bytes(range(0xF0, 0x100)) + b"A<\x00").split("\n")
    assert first.startswith("00000000  f0 f1 f2")
    assert re.fullmatch(r"00000010  41 3c 00 +A<\.", second)


def test_markup_in_a_body_is_escaped() -> None:
    for body in (b'{"<b>": "<script>"}', b"<script>", b"\xff<script>"):
        assert "<script" not in render_body(body).html
        assert "<b>" not in render_body(body).html


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        (b"[" + b"1," * 500_000 + b"1]", MAX_HTML_LENGTH + 100),
        (b'["' + b"x" * 5_000_000 + b'"]', MAX_TEXT_LENGTH + 200),
        (b"x" * 5_000_000, MAX_TEXT_LENGTH),
        (b"\xff" * 5_000_000, MAX_HEX_BYTES * 5),
    ],
    ids=["many values", "one long text", "plain text", "bytes"],
)
def test_what_is_shown_of_a_large_body_is_bounded(body: bytes, bound: int) -> None:
    assert len(render_body(body).html) <= bound
