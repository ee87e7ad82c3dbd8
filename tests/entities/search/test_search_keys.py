"""The keys by which a value is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.models.key_kinds import KeyKind
from entities.search.search_keys import Key, id_key, read_value

pytestmark = pytest.mark.unit


def texts_of(kind: KeyKind, value: str) -> set[str]:
    return {f"{key.kind}.{key.text}" for key in read_value(kind, value)[1]}


@pytest.mark.parametrize(
    ("kind", "value", "words", "keys"),
    [
        (KeyKind.WORDS, "Jane DOE", ["jane", "doe"], set()),
        (KeyKind.EMAIL, "Jané@Acme.example", ["jane", "acme", "example"], {"e.jane@acme.example"}),
        (
            KeyKind.EMAIL,
            "a@x.example; <b@x.example>",
            ["a", "x", "example", "b", "x", "example"],
            {"e.a@x.example", "e.b@x.example"},
        ),
        (KeyKind.EMAIL, "none", ["none"], set()),
        (KeyKind.PHONE, "+971 (0)50-765", [], {"p.567050179+"}),
        (KeyKind.PHONE, "\u202a050 765\u202c", [], {"p.567050"}),
        (KeyKind.PHONE, "\u0660\u0665\u0660\u0667", [], {"p.7050"}),
        (KeyKind.PHONE, "0507654 ext 12", [], {"p.4567050"}),
        (KeyKind.PHONE, "call Ann", ["call", "ann"], set()),
        (KeyKind.ADDRESS, "0507654", [], {"p.4567050"}),
        (KeyKind.ADDRESS, "a@x.example", ["a", "x", "example"], {"e.a@x.example"}),
        (KeyKind.NUMBER, "INV-437007", ["inv", "437007"], {"n.inv437007", "n.437007"}),
        (KeyKind.NUMBER, "437007", ["437007"], {"n.437007"}),
    ],
)
def test_a_value_is_found_by_its_words_and_keys(
    kind: KeyKind, value: str, words: list[str], keys: set[str]
) -> None:
    assert read_value(kind, value)[0] == words
    assert texts_of(kind, value) == keys


@given(st.sampled_from(list(KeyKind)), st.text(max_size=3_000))
def test_the_keys_of_any_text_are_bounded_and_not_empty(kind: KeyKind, value: str) -> None:
    words, keys = read_value(kind, value)
    assert len(words) <= 2_000 * 18
    for key in keys:
        assert 0 < len(key.text.encode()) < 1_000


def test_a_long_id_is_found_by_its_digest() -> None:
    assert id_key("dl_1") == Key("i", "dl_1")
    assert len(id_key("x" * 5_000).text) == 64
    assert id_key("\u0301") != id_key("\u0302")
