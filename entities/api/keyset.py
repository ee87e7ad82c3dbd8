"""Keyset pagination: orderings, and the condition for the rows after a position, with ties and nulls.

A position is the row's values of the ordering's columns. PostgreSQL puts nulls last in an ascending
ordering and first in a descending one, so reversing the direction of every column reverses the whole
ordering. Therefore the rows before a position are the rows after it in the reversed ordering.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

from django.db.models import Field, Model, Q

from entities.api.api_columns import ApiColumn

NO_ROWS = Q(pk__in=[])


@dataclass(frozen=True)
class OrderingTerm:
    """One column of an ordering, with its direction.

    path: leads the ORM to the column; field: converts its values.
    """

    path: str
    field: Field
    is_nullable: bool
    is_descending: bool

    def __str__(self) -> str:
        return f"-{self.path}" if self.is_descending else self.path

    def reverse(self) -> "OrderingTerm":
        """Return the term with the other direction."""
        return replace(self, is_descending=not self.is_descending)

    def get_value(self, row: Model) -> Any:
        """Return the row's value of this column."""
        return reduce(getattr, self.path.split("__"), row)


Ordering = tuple[OrderingTerm, ...]


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


def reverse_ordering(ordering: Ordering) -> Ordering:
    """Return the ordering with every direction reversed."""
    return tuple(term.reverse() for term in ordering)


def match_rows_after(ordering: Ordering, position: Sequence[Any]) -> Q:
    """Return the condition for the rows after a position: (a > x) or (a = x and ((b > y) or ...))."""
    condition = NO_ROWS
    for term, value in reversed(list(zip(ordering, position, strict=True))):
        condition = match_greater(term, value) | match_equal(term, value) & condition
    return make_index_bound(ordering[0], position[0]) & condition


def match_equal(term: OrderingTerm, value: Any) -> Q:
    """Return the condition for rows that tie with a value."""
    return Q(**{f"{term.path}__isnull": True}) if value is None else Q(**{term.path: value})


def match_greater(term: OrderingTerm, value: Any) -> Q:
    """Return the condition for rows that come after a value in the term's direction."""
    if value is None:
        return Q(**{f"{term.path}__isnull": False}) if term.is_descending else NO_ROWS
    if term.is_descending:
        return Q(**{f"{term.path}__lt": value})
    greater = Q(**{f"{term.path}__gt": value})
    return greater | Q(**{f"{term.path}__isnull": True}) if term.is_nullable else greater


def make_index_bound(first: OrderingTerm, value: Any) -> Q:
    """Return a bound on the first term that the other conditions imply.

    PostgreSQL cannot derive it from their ORs; with it, a scan of the term's index starts at the position.
    """
    if value is None or (first.is_nullable and not first.is_descending):
        return Q()
    return Q(**{f"{first.path}__{'lte' if first.is_descending else 'gte'}": value})


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
