"""The part of the oracle that computes by which keys each record must be found.

It shares with the mirror how one value is read (`read_value`) and which columns are searched, and nothing of
how documents are kept: it has every value that was ever written.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows
from entities.models.introspection import record_models_by_name
from entities.search import document_keys
from entities.search.search_keys import id_key, read_value

Lexemes = dict[str, list[int] | None]
"""Lexeme -> the positions of a word; None for other keys."""


def expected_keys(model: str, external_id: str, written: Mapping[str, Sequence[Any]]) -> Lexemes:
    """Return the lexemes of a record. written: column -> every value written to it, the newest last."""
    words: list[str] = []
    present: set[tuple[str, str]] = set()
    ever: set[tuple[str, str]] = set()
    for column, kind in record_models_by_name()[model].searched_columns.items():
        values = [value if isinstance(value, str) else "" for value in written.get(column, ())]
        if values:
            words += read_value(kind, values[-1])[0]
            present |= read_value(kind, values[-1])[1]
        ever |= {key for value in values for key in read_value(kind, value)[1] if key.kind in "pe"}
    digests = {hashlib.sha256(f"f{kind}.{text}".encode()).hexdigest(): (kind, text) for kind, text in ever}
    kept = {digests[digest] for digest in sorted(digests)[: document_keys.MAX_FORMER_KEYS]}
    lexemes: Lexemes = {f"{model}.{kind}.{text}": None for kind, text in {id_key(external_id), *present}}
    lexemes |= {f"{model}.f{kind}.{text}": None for kind, text in kept - present}
    for position, word in enumerate(words[: document_keys.MAX_WORDS], 1):
        lexemes.setdefault(f"{model}.w.{word}", []).append(position)  # type: ignore[union-attr]
    return lexemes


def read_documents() -> dict[tuple[str, int], Lexemes]:
    """Return the lexemes of every document, by the type and the id of its record."""
    documents: dict[tuple[str, int], Lexemes] = {}
    rows = fetch_rows(
        "SELECT record_type, record_id, lexeme, positions FROM entities_searchdocument, unnest(keys)"
    )
    for record_type, record_id, lexeme, positions in rows:
        documents.setdefault((record_type, record_id), {})[lexeme] = positions
    return documents
