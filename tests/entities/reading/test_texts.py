"""The normal form of texts: by examples, and by properties of any text."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.texts import DIRECTION_MARKS, STRIPPED, is_blank, normalize_text

pytestmark = pytest.mark.unit

# Texts with much of what is stripped or composed in them: hypothesis would seldom draw it.
TEXTS = st.text(
    st.sampled_from(STRIPPED + "aeé\u0301\u0308\u200b-") | st.characters(exclude_categories=["Cs"])
)
EXAMPLES = [
    ("", ""),
    ("Acme", "Acme"),
    ("  Acme\tInc. \r\n", "Acme\tInc."),
    ("\u00a0Acme\u3000", "Acme"),
    ("\ufeffAcme", "Acme"),
    ("\u202a+971 55 111 2233\u202c", "+971 55 111 2233"),
    ("\u2067\u0645\u062d\u0645\u062f\u2069\u200f", "\u0645\u062d\u0645\u062f"),
    ("Jose\u0301 Nu\u0301n\u0303ez", "Jos\u00e9 N\u00fa\u00f1ez"),
    ("invoice\u202efdp.exe", "invoice\u202efdp.exe"),
    (" \u200f\ufeff", ""),
]


@pytest.mark.parametrize(("text", "normal"), EXAMPLES)
def test_a_text_is_composed_and_stripped_of_invisible_characters_at_its_ends(text: str, normal: str) -> None:
    assert normalize_text(text) == normal


def test_all_white_space_is_stripped_and_beyond_it_only_marks() -> None:
    white_space = {char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace()}
    assert set(STRIPPED) == white_space | {"\ufeff", *DIRECTION_MARKS}


def test_the_direction_marks_are_those_of_the_documents() -> None:
    codes = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    assert sorted(DIRECTION_MARKS) == [chr(code) for code in codes]


@given(TEXTS)
def test_a_normal_text_is_composed_has_clean_ends_and_stays_as_it_is(text: str) -> None:
    normal = normalize_text(text)
    assert unicodedata.is_normalized("NFC", normal)
    assert normal == normal.strip(STRIPPED)
    assert normalize_text(normal) == normal


@given(TEXTS)
def test_a_text_keeps_what_it_says(text: str) -> None:
    """Only composition and the ends change: what is left is a part of the composed text."""
    assert normalize_text(text) in unicodedata.normalize("NFC", text)


@given(TEXTS)
def test_two_spellings_of_a_text_are_one(text: str) -> None:
    spellings = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert len({normalize_text(f" {spelling}\u200f") for spelling in spellings}) == 1


@given(TEXTS)
def test_a_text_is_blank_if_nothing_of_it_is_left(text: str) -> None:
    assert is_blank(text) == (not normalize_text(text))


@pytest.mark.parametrize(
    ("value", "blank"), [(None, True), (0, False), (False, False), ([], False), ({}, False)]
)
def test_of_what_is_no_text_only_null_is_blank(value: object, blank: bool) -> None:
    assert is_blank(value) is blank
