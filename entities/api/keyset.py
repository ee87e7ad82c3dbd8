"""Orderings and positions in them: which rows come after a row, with ties and nulls.

PostgreSQL puts nulls last in an ascending order and first in a descending one, so that turning
every direction round turns the whole order round; walking back is walking forth in the order
turned round.
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
class Term:
    """One column of an ordering."""

    path: str
    value: Field
    may_be_null: bool
    is_descending: bool

    def __str__(self) -> str:
        return f"-{self.path}" if self.is_descending else self.path

    def turned(self) -> "Term":
        return replace(self, is_descending=not self.is_descending)

    def of(self, row: Model) -> Any:
        return reduce(getattr, self.path.split("__"), row)


Ordering = tuple[Term, ...]


def make_ordering(names: Iterable[str], columns: dict[str, ApiColumn], key: ApiColumn) -> Ordering:
    """The terms of an ordering such as ["-value", "created_at"], with the key as the last.

    The key breaks ties in the direction of the term before it, so that one index serves both.
    Raises KeyError for a name that is no column.
    """
    terms: dict[str, Term] = {}
    for name in names:
        column = columns[name.removeprefix("-")]
        terms.setdefault(column.path, make_term(column, name.startswith("-")))
    last = list(terms.values())[-1]
    terms.setdefault(key.path, make_term(key, last.is_descending))
    return tuple(terms.values())


def make_term(column: ApiColumn, is_descending: bool) -> Term:
    return Term(column.path, column.value, column.field.null, is_descending)


def reverse_ordering(ordering: Ordering) -> Ordering:
    return tuple(term.turned() for term in ordering)


def rows_after(ordering: Ordering, position: Sequence[Any]) -> Q:
    """The rows that come after the one with these values."""
    condition = NO_ROWS
    for term, value in reversed(list(zip(ordering, position, strict=True))):
        condition = greater_than(term, value) | equal_to(term, value) & condition
    return index_bound(ordering[0], position[0]) & condition


def equal_to(term: Term, value: Any) -> Q:
    return Q(**{f"{term.path}__isnull": True}) if value is None else Q(**{term.path: value})


def greater_than(term: Term, value: Any) -> Q:
    if value is None:
        return Q(**{f"{term.path}__isnull": False}) if term.is_descending else NO_ROWS
    if term.is_descending:
        return Q(**{f"{term.path}__lt": value})
    greater = Q(**{f"{term.path}__gt": value})
    return greater | Q(**{f"{term.path}__isnull": True}) if term.may_be_null else greater


def index_bound(first: Term, value: Any) -> Q:
    """What the condition implies already, said so that an index on the first term can start there."""
    if value is None or (first.may_be_null and not first.is_descending):
        return Q()
    return Q(**{f"{first.path}__{'lte' if first.is_descending else 'gte'}": value})


def dump_position(ordering: Ordering, row: Model) -> list[Any]:
    """The row's position as JSON values."""
    return [to_json_value(term.of(row)) for term in ordering]


def load_position(ordering: Ordering, position: Sequence[Any]) -> list[Any]:
    """The position that `written` wrote, as the columns' own values."""
    return [term.value.to_python(value) for term, value in zip(ordering, position, strict=True)]


def to_json_value(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value
