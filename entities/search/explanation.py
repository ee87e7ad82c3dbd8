"""Says by which of its values a record was found. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entities.models import Record
from entities.models.key_kinds import KeyKind
from entities.search.question import Question
from entities.search.search_keys import (
    EMAIL,
    FORMER_EMAIL,
    FORMER_PHONE,
    NUMBER,
    PHONE,
    Key,
    id_key,
    read_value,
    split_lexeme,
)

MATCH_WORDS = {PHONE: "phone", EMAIL: "email", NUMBER: "number"}


@dataclass(frozen=True)
class Explanation:
    """By what a record was found.

    match: phone, email, number, id or words. column: the column; empty for a former value, which may have
    been in any column of its kind. value: what stands there; of a former phone its digits.
    """

    match: str
    column: str
    value: str
    is_former: bool = False


def explain_match(record: Record, question: Question) -> Explanation:
    """Return the best match of a record: a value that the question is as a whole, its id, or a word."""
    return next(_matches(record, question), Explanation("words", "", ""))


def explain_former(lexemes: Iterable[str], question: Question) -> Explanation:
    """Return the former value, out of a document's lexemes, that the question is."""
    for lexeme in lexemes:
        kind, text = split_lexeme(lexeme)
        if kind == FORMER_PHONE and _ends_so(text, question.endings):
            return Explanation("phone", "", text[::-1], is_former=True)
        if kind == FORMER_EMAIL and Key(EMAIL, text) in question.keys:
            return Explanation("email", "", text, is_former=True)
    return Explanation("words", "", "", is_former=True)


def _matches(record: Record, question: Question) -> Iterator[Explanation]:
    values = _searched_values(record)
    for column, kind, value in values:
        for key in sorted(read_value(kind, value)[1]):
            if key in question.keys or (key.kind == PHONE and _ends_so(key.text, question.endings)):
                yield Explanation(MATCH_WORDS[key.kind], column, value)
    if id_key(record.external_id) in question.keys:
        yield Explanation("id", "external_id", record.external_id)
    endings = {ending for part in question.parts for ending in part.endings}
    words = tuple(word for part in question.parts for word in part.words)
    for column, kind, value in values:
        if any(word.startswith(words) for word in read_value(kind, value)[0]):
            yield Explanation("words", column, value)
        if any(_ends_so(key.text, endings) for key in read_value(kind, value)[1] if key.kind == PHONE):
            yield Explanation("phone", column, value)


def _searched_values(record: Record) -> list[tuple[str, KeyKind, str]]:
    """Return the searched columns that have a value, with their kinds and values."""
    return [
        (column, kind, value)
        for column, kind in record.searched_columns.items()
        if (value := getattr(record, column))
    ]


def _ends_so(phone: str, endings: Iterable[str]) -> bool:
    """Return True if a phone, which is written backwards, ends with the digits of one of the endings."""
    return any(phone.startswith(ending[::-1]) for ending in endings)
