"""The search keys of values: lexemes of one tsvector, told apart by their prefix. Pure.

A lexeme is `<record type>.<kind>.<text>`, such as `contact.w.jane`. With the record's type in it, the index
finds the records of one kind without reading those of the others. A phone number is written backwards, so
that a search for a prefix finds a suffix: all notations of a number share its last digits.
"""

import hashlib
import re
from typing import Final, NamedTuple

from crmmirror.lib.phone_numbers import find_numbers
from entities.models.key_kinds import KeyKind
from entities.search.text_folding import WORD, fold, split_words

# Of what a column holds: nobody searches for what comes after.
MAX_SEARCHED_LENGTH: Final = 2_000
MAX_KEY_LENGTH: Final = 200
# Of one value, such as several addresses in one column.
MAX_KEYS_OF_VALUE: Final = 5

EMAIL_ADDRESS = re.compile(r"""[^\s,;<>"'()]+@[^\s,;<>"'()]+""")


# The kinds of key, as they stand in a lexeme. Plain texts, because members of an enum are slow to hash.
WORD_KEY: Final = "w"
PHONE: Final = "p"
EMAIL: Final = "e"
NUMBER: Final = "n"
ID: Final = "i"
FORMER_PHONE: Final = "fp"
FORMER_EMAIL: Final = "fe"
FORMER_KINDS: Final = {PHONE: FORMER_PHONE, EMAIL: FORMER_EMAIL}


class Key(NamedTuple):
    """A key other than a word: its kind, and its text as it stands in a lexeme."""

    kind: str
    text: str


def read_value(kind: KeyKind, value: str) -> tuple[list[str], set[Key]]:
    """Return by what a value of a column of this kind is found: its words in their order, and other keys."""
    value = value[:MAX_SEARCHED_LENGTH]
    if kind is KeyKind.WORDS:
        return split_words(value), set()
    if kind is KeyKind.NUMBER:
        return split_words(value), number_keys(value)
    if kind is not KeyKind.PHONE and (emails := email_keys(value)):
        return split_words(value), emails
    if kind is not KeyKind.EMAIL and (phones := phone_keys(value)):
        return [], phones
    return split_words(value), set()


def email_keys(value: str) -> set[Key]:
    """Return a key for each email address of a value."""
    if "@" not in value:
        return set()
    emails = EMAIL_ADDRESS.findall(fold(value))[:MAX_KEYS_OF_VALUE]
    return {Key(EMAIL, email[:MAX_KEY_LENGTH]) for email in emails}


def phone_keys(value: str) -> set[Key]:
    """Return a key for each phone number of a value: its digits backwards, and its plus sign."""
    numbers = find_numbers(value)[:MAX_KEYS_OF_VALUE]
    return {Key(PHONE, number[::-1]) for number in numbers}


def number_keys(value: str) -> set[Key]:
    """Return the keys of a number such as INV-437007: its letters and digits, and its digits alone."""
    whole = "".join(WORD.findall(fold(value[:MAX_KEY_LENGTH])))[:MAX_KEY_LENGTH]
    digits = "".join(filter(str.isdecimal, whole))
    return {Key(NUMBER, text) for text in (whole, digits) if text}


def id_key(external_id: str) -> Key:
    """Return the key of a vendor's id; of a long one its SHA-256."""
    text = fold(external_id) if len(external_id) <= MAX_KEY_LENGTH else ""
    if not text or len(text) > MAX_KEY_LENGTH:
        text = hashlib.sha256(external_id.encode()).hexdigest()
    return Key(ID, text)


def quote_lexeme(record_type: str, kind: str, text: str) -> str:
    """Return the lexeme in quotes, as tsvector and tsquery read it."""
    if "'" in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{record_type}.{kind}.{text}'"


def split_lexeme(lexeme: str) -> tuple[str, str]:
    """Return the kind and the text of a lexeme."""
    _, kind, text = lexeme.split(".", 2)
    return kind, text
