"""Reads what somebody searches for, and asks it of the search keys as queries of PostgreSQL. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from crmmirror.lib.phone_numbers import find_numbers, national_endings
from entities.search.search_keys import (
    FORMER_KINDS,
    FORMER_PHONE,
    PHONE,
    WORD_KEY,
    Key,
    email_keys,
    id_key,
    number_keys,
    quote_lexeme,
)
from entities.search.text_folding import fold, split_words

# Whoever pastes a letter searches for its beginning.
MAX_SEARCH_LENGTH: Final = 300
MAX_PARTS: Final = 8
# A phrase begins and ends with a quote, straight or curved; a quote anywhere else is part of a word.
PHRASE_OR_WORD = re.compile(r'(?<!\S)["“”„](?P<phrase>[^"“”„]*[^"“”„\s][^"“”„]*)["“”](?!\S)|(?P<word>\S+)')


@dataclass(frozen=True)
class Part:
    """A word or a phrase of a question.

    words: folded, which stand in the record one after the other. is_phrase: all of them whole; otherwise the
    last is the beginning of one. endings: if it looks like a phone number, or the end of one, its digits.
    """

    words: tuple[str, ...]
    is_phrase: bool
    endings: frozenset[str]


@dataclass(frozen=True)
class Question:
    """A parsed search query.

    text: as it was written. keys: emails, numbers and ids that it may be as a whole. endings: the digits with
    which a phone number ends in every notation, if it is one. parts: its words and phrases.
    """

    text: str
    keys: frozenset[Key]
    endings: frozenset[str]
    parts: tuple[Part, ...]


def read_question(text: str, regions: Iterable[str]) -> Question:
    """Return what the text asks for. regions: those in which a number without a country code may be."""
    text = " ".join(text[:MAX_SEARCH_LENGTH].split())
    known_regions = frozenset(regions)
    parts = (_read_part(words, is_phrase, known_regions) for words, is_phrase in split_search(text))
    # Of a number its digits alone would be another number: QUO-437007 is not INV-437007.
    numbers = sorted(number_keys(text), key=lambda key: len(key.text))[-1:] if "@" not in text else []
    keys = {id_key(text), *numbers} if fold(text) else set()
    return Question(
        text,
        frozenset(keys if " " in text else keys | email_keys(text)),
        frozenset(national_endings(text, known_regions)),
        tuple(part for part in parts if part.words or part.endings)[:MAX_PARTS],
    )


def split_search(text: str) -> list[tuple[str, bool]]:
    """Return the words and phrases of a search, each with whether it is a phrase."""
    return [
        (match["phrase"], True) if match["phrase"] else (match["word"], False)
        for match in PHRASE_OR_WORD.finditer(text)
    ]


def _read_part(text: str, is_phrase: bool, regions: frozenset[str]) -> Part:
    endings = national_endings(text, regions)
    if not endings and not any(map(str.isalpha, text)):
        endings = {number.lstrip("+") for number in find_numbers(text)}
    return Part(tuple(split_words(text)), is_phrase, frozenset(endings))


# What is asked, of one kind of record, as the text of a tsquery. Empty if there is nothing to ask.
Ask = Callable[[Question, str], str]


def ask_exact(question: Question, record_type: str) -> str:
    """Ask for the records of which the question is a phone, an email, a number or the id."""
    return " | ".join(
        [
            *(quote_lexeme(record_type, *key) for key in sorted(question.keys)),
            *_ask_endings(question.endings, record_type, PHONE),
        ]
    )


def ask_whole_words(question: Question, record_type: str) -> str:
    """Ask for the records that have all parts, each as whole words."""
    return _ask_parts(question, record_type, "")


def ask_beginnings(question: Question, record_type: str) -> str:
    """Ask for the records that have all parts, each as the beginning of words, unless it is a phrase."""
    return _ask_parts(question, record_type, ":*")


def ask_former(question: Question, record_type: str) -> str:
    """Ask for the records of which the question was a phone or an email before."""
    keys = [
        Key(FORMER_KINDS[key.kind], key.text) for key in sorted(question.keys) if key.kind in FORMER_KINDS
    ]
    return " | ".join(
        [
            *(quote_lexeme(record_type, *key) for key in keys),
            *_ask_endings(question.endings, record_type, FORMER_PHONE),
        ]
    )


def ask_anything(question: Question, record_type: str) -> str:
    """Ask for the records that any of the other questions would find."""
    asked = [ask(question, record_type) for ask in (ask_exact, ask_beginnings, ask_former)]
    return " | ".join(f"({text})" for text in asked if text)


def _ask_parts(question: Question, record_type: str, ending: str) -> str:
    return " & ".join(f"({_ask_part(part, record_type, ending)})" for part in question.parts)


def _ask_part(part: Part, record_type: str, ending: str) -> str:
    lexemes = [quote_lexeme(record_type, WORD_KEY, word) for word in part.words]
    if lexemes and not part.is_phrase:
        lexemes[-1] += ending
    phrase = " <-> ".join(lexemes)
    return " | ".join(
        [
            *([phrase] if phrase else []),
            *_ask_endings(part.endings, record_type, PHONE),
        ]
    )


def _ask_endings(endings: Iterable[str], record_type: str, kind: str) -> Iterator[str]:
    for ending in sorted(endings):
        yield f"{quote_lexeme(record_type, kind, ending[::-1])}:*"
