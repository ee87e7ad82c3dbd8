"""Keyset pagination: orderings, and the condition for the rows after a position, with ties and nulls.

A position is the row's values of the ordering's columns. Rows without a value come last in both directions:
who asks for the greatest values wants to see some. The reversed ordering has every direction reversed and
nulls first, so the rows before a position are the rows after it in the reversed ordering.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from django.db.models import BooleanField, F, Field, Func, Q, Value
from django.db.models.expressions import OrderBy

NO_ROWS = Q(pk__in=[])


@dataclass(frozen=True)
class OrderingTerm:
    """One column of an ordering, with its direction.

    path: leads the ORM to the column; field: converts its values; nulls_first: only in a reversed ordering.
    """

    path: str
    field: Field
    is_nullable: bool
    is_descending: bool
    nulls_first: bool = False

    def __str__(self) -> str:
        return f"-{self.path}" if self.is_descending else self.path

    def reverse(self) -> "OrderingTerm":
        """Return the term with the other direction, and nulls at the other end."""
        return replace(self, is_descending=not self.is_descending, nulls_first=not self.nulls_first)

    def to_expression(self) -> OrderBy:
        """Return the term for `order_by`. Where there are no nulls it says nothing of them: PostgreSQL would
        not use an index whose nulls, of which it has none, are at the other end."""
        return OrderBy(
            F(self.path),
            descending=self.is_descending,
            nulls_first=(self.is_nullable and self.nulls_first) or None,
            nulls_last=(self.is_nullable and not self.nulls_first) or None,
        )

    def get_value(self, row: Any) -> Any:
        """Return the value of this column in a row: a model, or a named tuple with the path."""
        if isinstance(row, tuple):
            return getattr(row, self.path)
        return reduce(getattr, self.path.split("__"), row)


Ordering = tuple[OrderingTerm, ...]


def reverse_ordering(ordering: Ordering) -> Ordering:
    """Return the ordering with every direction reversed."""
    return tuple(term.reverse() for term in ordering)


def match_rows_after(ordering: Ordering, position: Sequence[Any]) -> list[Q]:
    """Return the conditions for the rows after a position, in the order of the rows that they match.

    Rows with a value in the first column and rows without one have a condition each, because PostgreSQL can
    enter an index at the position for each of them, but not for both in one condition.
    """
    first, value = ordering[0], position[0]
    if value is not None and can_compare_as_row(ordering):
        with_value = match_row_after(ordering, position)
        return [with_value, match_null(first, True)] if has_nulls_after(first) else [with_value]
    ties = match_equal(first, value) & match_ties_after(ordering[1:], position[1:])
    if value is None:
        return [ties, match_null(first, False)] if first.nulls_first else [ties]
    # The ORs imply this bound, but PostgreSQL cannot derive it from them.
    bound = Q(**{f"{first.path}__{'lte' if first.is_descending else 'gte'}": value})
    with_value = bound & (match_further(first, value) | ties)
    return [with_value, match_null(first, True)] if has_nulls_after(first) else [with_value]


def can_compare_as_row(ordering: Ordering) -> bool:
    """Return True if rows can be compared with a position as a whole: (a, b) > (x, y).

    PostgreSQL then enters an index on the columns at the position, whereas of (a > x or a = x and b > y) it
    reads all rows that tie in the first column: 50,000 for each page, if so many have one time.
    """
    others_have_values = not any(term.is_nullable for term in ordering[1:])
    return others_have_values and len({term.is_descending for term in ordering}) == 1


def match_row_after(ordering: Ordering, position: Sequence[Any]) -> Q:
    """Return the condition (a, b) > (x, y). Rows without a value in the first column do not match."""
    columns = Func(*(F(term.path) for term in ordering), template="(%(expressions)s)")
    values = Func(
        *(Value(value, term.field) for term, value in zip(ordering, position, strict=True)),
        template="(%(expressions)s)",
    )
    is_after = Func(
        columns,
        values,
        template="%(expressions)s",
        arg_joiner=" < " if ordering[0].is_descending else " > ",
        output_field=BooleanField(),
    )
    return Q(is_after)


def split_by_value(ordering: Ordering) -> list[Q]:
    """Return the conditions for all rows, in their order: those with a value in the first column apart."""
    first = ordering[0]
    if not first.is_nullable:
        return [Q()]
    parts = [match_null(first, False), match_null(first, True)]
    return parts[::-1] if first.nulls_first else parts


def order_within_part(ordering: Ordering) -> list[OrderBy]:
    """Return the ordering for `order_by`, of rows that all have a value in the first column, or all none.

    It says nothing about that column's nulls, so that one index in ascending order serves both directions.
    """
    first, *others = ordering
    return [
        OrderBy(F(first.path), descending=first.is_descending),
        *(term.to_expression() for term in others),
    ]


def match_ties_after(ordering: Ordering, position: Sequence[Any]) -> Q:
    """Return the condition for the rows after a position: (a > x) or (a = x and ((b > y) or ...))."""
    condition = NO_ROWS
    for term, value in reversed(list(zip(ordering, position, strict=True))):
        condition = match_greater(term, value) | match_equal(term, value) & condition
    return condition


def match_equal(term: OrderingTerm, value: Any) -> Q:
    """Return the condition for rows that tie with a value."""
    return match_null(term, True) if value is None else Q(**{term.path: value})


def match_greater(term: OrderingTerm, value: Any) -> Q:
    """Return the condition for rows that come after a value, or after those without one."""
    if value is None:
        return match_null(term, False) if term.nulls_first else NO_ROWS
    further = match_further(term, value)
    return further | match_null(term, True) if has_nulls_after(term) else further


def match_further(term: OrderingTerm, value: Any) -> Q:
    """Return the condition for rows with a value that comes after this one in the term's direction."""
    return Q(**{f"{term.path}__{'lt' if term.is_descending else 'gt'}": value})


def has_nulls_after(term: OrderingTerm) -> bool:
    """Return True if rows without a value come after those with one."""
    return term.is_nullable and not term.nulls_first


def match_null(term: OrderingTerm, is_null: bool) -> Q:
    """Return the condition for rows without a value of this column, or for those with one."""
    return Q(**{f"{term.path}__isnull": is_null})
