"""The keys of one record, out of the values of its searched columns and of those before them. Pure.

A former value is one that some event wrote and that is not the record's present one. Of a record's former
keys the MAX_FORMER_KEYS with the lowest digests are kept. They converge, although only those are stored,
because the set of keys that were ever written only grows, and whatever is present is in it: of the kept ones
and the present ones of before, the lowest are the lowest of all that were ever written.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from entities.models.key_kinds import KeyKind
from entities.search.search_keys import (
    FORMER_KINDS,
    WORD_KEY,
    Key,
    id_key,
    quote_lexeme,
    read_value,
    split_lexeme,
)

MAX_FORMER_KEYS = 50
# Of one record. PostgreSQL keeps 255 positions of a lexeme, and counts them up to 16,383.
MAX_WORDS: Final = 200

Values = Mapping[str, str | None]
"""Searched column -> the value."""


def collect_keys(columns: Mapping[str, KeyKind], values: Values) -> tuple[list[str], set[Key]]:
    """Return the words of the values, in the order of the columns, and their other keys."""
    words: list[str] = []
    keys: set[Key] = set()
    for column, kind in columns.items():
        if value := values[column]:
            words_of_value, keys_of_value = read_value(kind, value)
            words += words_of_value
            keys |= keys_of_value
    return words[:MAX_WORDS], keys


def to_former(keys: Iterable[Key]) -> set[Key]:
    """Return the phones and emails among the keys as former ones."""
    return {Key(FORMER_KINDS[key.kind], key.text) for key in keys if key.kind in FORMER_KINDS}


def join_former(stored: set[Key], written: set[Key], present: set[Key]) -> set[Key]:
    """Return a record's former keys. All three are keys `to_former`.

    stored: the former keys until now. written: what was present until now, and what events have written
    since. present: what is present.
    """
    return bound_former(stored | written | present) - present


def bound_former(keys: Iterable[Key]) -> set[Key]:
    """Return the keys with the lowest digests, MAX_FORMER_KEYS of them."""
    distinct = set(keys)
    if len(distinct) <= MAX_FORMER_KEYS:
        return distinct
    return set(sorted(distinct, key=_digest)[:MAX_FORMER_KEYS])


def read_former(lexemes: Iterable[str]) -> set[Key]:
    """Return the former keys among a document's lexemes."""
    kinds = set(FORMER_KINDS.values())
    split = map(split_lexeme, lexemes)
    return {Key(kind, text) for kind, text in split if kind in kinds}


def format_document(
    record_type: str, external_id: str, words: Iterable[str] = (), keys: Iterable[Key] = ()
) -> str:
    """Return the document as a literal of a tsvector. Words have positions, by which phrases are found."""
    positions: dict[str, list[str]] = {}
    for position, word in enumerate(words, 1):
        positions.setdefault(word, []).append(str(position))
    lexemes = [
        # A word is letters and digits, and needs no quoting.
        f"'{record_type}.{WORD_KEY}.{word}':{','.join(places)}"
        for word, places in positions.items()
    ]
    lexemes += [quote_lexeme(record_type, *key) for key in (id_key(external_id), *keys)]
    return " ".join(lexemes)


def _digest(key: Key) -> str:
    return hashlib.sha256(f"{key.kind}.{key.text}".encode()).hexdigest()
