"""Writes the words that events say in the columns by which lists are filtered.

A word is written when an event says it, whether or not it wins, and never deleted: so the table is the same
whatever order the events came in.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import NamedTuple, TypeGuard

from django.db import transaction

from crmmirror.lib.database.cursors import execute
from crmmirror.lib.json_text import dump_json
from entities.models import Word
from entities.models.introspection import record_models_by_name
from entities.models.naming.named_refs import word_fields
from entities.writing.source_statement import SourceStatement

# A longer text is no word or id: an index cannot hold it, and nobody would choose it.
MAX_WORD_LENGTH = 255


class WordKey(NamedTuple):
    """A word where it was said. scope: empty outside of sub-accounts."""

    source_id: int
    scope: str
    record_type: str
    field: str
    word: str


class WrittenWords:
    """A cache of the words that this process has written, so that only new ones are written."""

    MAX_KEYS = 50_000

    def __init__(self) -> None:
        self._written: set[WordKey] = set()

    def select_new(self, words: set[WordKey]) -> set[WordKey]:
        """Return those of the words that are not known to be in the table."""
        return words - self._written

    def clear(self) -> None:
        """Forget all, as the table may have lost some of it."""
        self._written.clear()

    def remember(self, words: set[WordKey]) -> None:
        """Note words that have been committed."""
        if len(self._written) > self.MAX_KEYS:
            self._written.clear()
        self._written |= words


COLUMNS = ", ".join(WordKey._fields)
# In key order, so that workers do not deadlock.
WRITE_WORDS = f"""
    INSERT INTO "{Word._meta.db_table}" ({COLUMNS})
    SELECT {COLUMNS} FROM jsonb_to_recordset(%s::jsonb)
        AS said (source_id bigint, scope text, record_type text, field text, word text)
    ORDER BY {COLUMNS} ON CONFLICT DO NOTHING
"""


@contextmanager
def skip_written_words(written: WrittenWords) -> Iterator[None]:
    """Leave out words that are written already, wherever events are applied in this block.

    Not for a shadow: its table has not what this process has written to the live one.
    """
    token = _written_words.set(written)
    try:
        yield
    finally:
        _written_words.reset(token)


_written_words: ContextVar[WrittenWords | None] = ContextVar("written_words", default=None)


def write_words(statements: Iterable[SourceStatement]) -> None:
    """Write the words that the statements say; call it when all other locks are held."""
    words, written = collect_words(statements), _written_words.get()
    if written is not None:
        words = written.select_new(words)
    if not words:
        return
    execute(WRITE_WORDS, dump_json([key._asdict() for key in words]))
    if written is not None:
        # Not before the commit: words that were rolled back must be written again.
        transaction.on_commit(partial(written.remember, words))


def collect_words(statements: Iterable[SourceStatement]) -> set[WordKey]:
    """Return the words that the statements say."""
    models = record_models_by_name()
    return {
        WordKey(source_id, record.scope, record.model, field, word)
        for statement in statements
        for source_id, record in (statement.key,)
        for field in word_fields(models[record.model])
        if is_word(word := statement.writes.get(field))
    }


def is_word(value: object) -> TypeGuard[str]:
    """Return True if this value of a column is a word that is kept."""
    return isinstance(value, str) and 0 < len(value) <= MAX_WORD_LENGTH
