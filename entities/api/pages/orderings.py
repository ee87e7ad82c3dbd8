"""The orderings that the API's parameters name, and positions in them as JSON values, for cursors."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model

from crmmirror.lib.database.keyset import Ordering, OrderingTerm
from entities.api.rows.api_columns import ApiColumn


def make_ordering(names: Iterable[str], columns: dict[str, ApiColumn], key: ApiColumn) -> Ordering:
    """Return the terms of an ordering such as ["-value", "created_at"], with the key as the last one.

    The key breaks ties in the direction of the term before it, so that one index serves both.
    Raises KeyError with the name that is not a column.
    """
    terms: dict[str, OrderingTerm] = {}
    for name in names:
        column = columns[name.removeprefix("-")]
        terms.setdefault(column.path, make_term(column, name.startswith("-")))
    last = list(terms.values())[-1]
    terms.setdefault(key.path, make_term(key, last.is_descending))
    return tuple(terms.values())


def make_term(column: ApiColumn, is_descending: bool) -> OrderingTerm:
    """Return the term that orders by a column."""
    return OrderingTerm(column.path, column.value_field, column.field.null, is_descending)


def find_indexed_columns(model: type[Model]) -> list[str]:
    """Return the columns that have an index for pages: one on the column and the id, or a unique one."""
    indexed = {field.name for field in model._meta.concrete_fields if field.unique}
    for index in model._meta.indexes:
        columns = [getattr(expression, "name", "") for expression in index.expressions] or index.fields
        if index.condition is None and columns[1:] == ["id"]:
            indexed.add(columns[0])
    return [field.name for field in model._meta.concrete_fields if field.name in indexed]


def dump_position(ordering: Ordering, row: Model) -> list[Any]:
    """Return the row's position as JSON values."""
    return [to_json_value(term.get_value(row)) for term in ordering]


def load_position(ordering: Ordering, position: Sequence[Any]) -> list[Any]:
    """Return a position of `dump_position` as values of the columns' types."""
    return [term.field.to_python(value) for term, value in zip(ordering, position, strict=True)]


def to_json_value(value: Any) -> Any:
    """Return a column's value as a JSON value from which its field restores it exactly."""
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value
