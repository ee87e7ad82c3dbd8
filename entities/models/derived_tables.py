"""The tables that are derived from the records: no vendor writes them, and a rebuild makes them anew.

Whoever fills one does so in the transaction that writes the records. From this list the shadow knows which
tables to create, compare and replace, and the digest which rows to contain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models

from entities.models.conversation import Conversation
from entities.models.record import Record
from entities.models.records import Contact
from entities.models.word import Word


@dataclass(frozen=True)
class DerivedTable:
    """A derived table. Its rows are known by their key; their ids, if they have any, mean nothing.

    key: the columns of the key: the source, the scope, and what else is needed.
    record_ids: column -> the model of the records whose ids it holds, as an array in ascending order.
    """

    model: type[models.Model]
    key: tuple[str, ...]
    record_ids: Mapping[str, type[Record]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The table's name in the database."""
        return self.model._meta.db_table

    @property
    def label(self) -> str:
        """The name of one row, in lower case."""
        return str(self.model._meta.model_name)

    @property
    def values(self) -> tuple[str, ...]:
        """The columns in which two mirrors must agree."""
        columns = (str(field.column) for field in self.model._meta.concrete_fields)
        return tuple(column for column in columns if column not in ("id", *self.key))


DERIVED_TABLES = (
    DerivedTable(Conversation, key=("source_id", "scope", "ref"), record_ids={"contact_ids": Contact}),
    DerivedTable(Word, key=("source_id", "scope", "record_type", "field", "word")),
)
