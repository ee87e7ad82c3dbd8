"""The folding of texts: what is the same to somebody who searches."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.search.text_folding import MAX_WORD_LENGTH, fold, split_words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("José", "jose"),
        (unicodedata.normalize("NFD", "José"), "jose"),
        ("JÜRGEN", "jurgen"),
        ("ИВАН", "иван"),
        ("Straße", "strasse"),
        ("Łukasz Ærø", "lukasz aero"),
        ("I\u0307stanbul \u0131rmak", "istanbul irmak"),
        ("ﬁne \u200fText\u202c", "fine text"),
        ("\u0664\u0663\u0667", "437"),
        ("Σίσυφος", "σισυφοσ"),
    ],
)
def test_case_accents_and_marks_make_no_difference(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_a_folded_text_is_folded(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_how_a_text_is_composed_makes_no_difference(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text())
def test_words_are_letters_and_digits_of_bounded_length(text: str) -> None:
    for word in split_words(text):
        assert word.isalnum()
        assert 0 < len(word) <= MAX_WORD_LENGTH


def test_words_are_split_at_everything_else() -> None:
    assert split_words("O'Neil-Doe, jane_doe@acme.example") == [
        "o",
        "neil",
        "doe",
        "jane",
        "doe",
        "acme",
        "example",
    ]
