"""What a search asks of the keys."""

import pytest

from entities.search.question import (
    ask_beginnings,
    ask_exact,
    ask_former,
    ask_whole_words,
    read_question,
    split_search,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ann smith", [("ann", False), ("smith", False)]),
        ('"ann smith" acme', [("ann smith", True), ("acme", False)]),
        ("\u201cann smith\u201d", [("ann smith", True)]),
        ('"ann smith', [('"ann', False), ("smith", False)]),
        ('5" pipe 7"', [('5"', False), ("pipe", False), ('7"', False)]),
        ('""', [('""', False)]),
    ],
)
def test_a_search_is_split_into_words_and_phrases(text: str, parts: list[tuple[str, bool]]) -> None:
    assert split_search(text) == parts


def test_words_are_asked_whole_and_as_beginnings() -> None:
    question = read_question("Jane Doe-S", ())
    assert ask_whole_words(question, "lead") == "('lead.w.jane') & ('lead.w.doe' <-> 'lead.w.s')"
    assert ask_beginnings(question, "lead") == "('lead.w.jane':*) & ('lead.w.doe' <-> 'lead.w.s':*)"


def test_a_phrase_is_asked_whole() -> None:
    assert ask_beginnings(read_question('"Jane Doe"', ()), "lead") == "('lead.w.jane' <-> 'lead.w.doe')"


def test_a_number_is_asked_backwards_by_the_digits_that_all_notations_share() -> None:
    asked = ask_exact(read_question("+971 50 765 4321", ()), "lead")
    assert "'lead.p.123456705':*" in asked
    assert ask_former(read_question("+971 50 765 4321", ()), "lead") == "'lead.fp.123456705':*"


def test_a_few_digits_are_the_end_of_a_number_or_the_beginning_of_a_word() -> None:
    assert ask_beginnings(read_question("4321", ()), "lead") == "('lead.w.4321':* | 'lead.p.1234':*)"


@pytest.mark.parametrize("text", ["", " ", "%", "\u202e", "!?"])
def test_signs_alone_ask_for_no_words(text: str) -> None:
    assert ask_beginnings(read_question(text, ()), "lead") == ""
