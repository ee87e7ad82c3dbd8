"""The columns of the models as a query may name them, and which of them nobody may find out by asking."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field, Model

from entities.models.introspection import record_models

# What nobody reads in the admin or the API, so that no filter, order or search may tell it bit by bit.
HIDDEN_COLUMNS = {
    "auth.User": ("password",),
    "entities.ApiToken": ("digest",),
    "entities.ErasureKey": ("ciphertext",),
    "entities.ErasureMark": ("digest",),
    "entities.SecondFactor": ("ciphertext", "recovery_hashes"),
    "events.ApiAccess": ("ciphertext", "digest"),
    "events.Load": ("key_digest",),
    "events.RequestBudget": ("key_digest",),
    "events.Source": ("uuid",),
    "events.SourceSecret": ("ciphertext",),
    **{model._meta.label: ("registers",) for model in record_models()},
}
SECRET_NAME = re.compile(r"uuid|secret|cipher|password|token|digest|hash|key|registers|session")
# Columns that only sound like secrets -> why they are none.
OPEN_COLUMNS = {
    "sessions.Session.session_key": "each request looks its own up; no list and no relation leads to it",
    "sessions.Session.session_data": "the same",
    "events.Event.digest": "the page of the event shows it",
    "entities.AccessLimit.token": "the row of a token, not its hash",
    "entities.SearchDocument.keys": "what the record shows, by which people find it",
    "events.TokenBucket.key": "the name of a limit, in a table that no page reads",
}


@dataclass(frozen=True)
class ColumnPath:
    """A column, and the names of the relations that lead to it: source__secrets__ciphertext."""

    name: str
    field: Field

    @property
    def is_hidden(self) -> bool:
        return self.field.name in HIDDEN_COLUMNS.get(self.field.model._meta.label, ())

    def parameters(self) -> Iterator[str]:
        """Yield a parameter for each lookup that Django has for the column."""
        yield self.name
        yield from (f"{self.name}__{lookup}" for lookup in self.field.get_lookups())


def walk_columns(model: type[Model], depth: int, prefix: str = "") -> Iterator[ColumnPath]:
    """Yield the columns of a model and of those that up to `depth` relations lead to, in both directions."""
    for field in model._meta.get_fields():
        if isinstance(field, Field):
            yield from (ColumnPath(prefix + name, field) for name in {field.name, field.attname})
        if depth and isinstance(field.related_model, type):
            yield from walk_columns(field.related_model, depth - 1, f"{prefix}{field.name}__")


def find_hidden_columns(statements: Iterable[dict[str, Any]]) -> set[str]:
    """Return the hidden columns that captured SQL statements filter, join or order by."""
    clauses = " ".join(statement["sql"].partition(" FROM ")[2] for statement in statements)
    return {
        f"{label}.{column}"
        for label, columns in HIDDEN_COLUMNS.items()
        for column in columns
        if re.search(rf'("{apps.get_model(label)._meta.db_table}"|\bT\d+)\."{column}"', clauses)
    }
