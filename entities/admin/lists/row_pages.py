"""Reads one page of a list: by its number as far as rows are counted, and beyond by keyset pagination.

Rows with a value come first, in either direction, and are read apart from those without one. So one index in
ascending order serves both directions, and an index of the rows with a value serves too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from crmmirror.lib.admin_kit.request_check import UnusableRequest
from crmmirror.lib.database.capped_count import count_up_to
from crmmirror.lib.database.keyset import Ordering, OrderingTerm, match_rows_after, reverse_ordering
from entities.admin.lists.list_choice import Order
from entities.admin.value_cells import get_field
from entities.models import Record

# Records of one time stand in the order of their keys. Django alone would order them by id, which depends on
# the order in which the events came. PostgreSQL sorts only the records of one time (incremental sort).
ORDER_OF_TIES = ("external_id", "scope", "source_id")
# The parameter of the page: its number, or the id of the row after or before which it begins.
PLACE_PATTERN = re.compile(r"((after|before)-)?[0-9]{1,18}")


@dataclass(frozen=True)
class Place:
    """Where a page begins. number: None for a page that begins beside the row with this id."""

    number: int | None
    row_id: int = 0
    is_backward: bool = False


@dataclass(frozen=True)
class RowPage:
    """The rows of a page, and the places of the pages beside it; empty if there are none."""

    rows: list[Any]
    previous: str = ""
    next: str = ""


def parse_place(text: str) -> Place:
    """Return the place that a parameter of PLACE_PATTERN names."""
    side, _, row_id = text.rpartition("-")
    return Place(None, int(row_id), side == "before") if side else Place(int(text))


def make_row_ordering(model: type[Record], order: Order) -> Ordering:
    """Return the order with the ties in the order of their keys, in both directions alike."""
    field = get_field(model, order.column)
    ties = (
        get_field(model, name.removesuffix("_id") if name == "source_id" else name) for name in ORDER_OF_TIES
    )
    return (
        OrderingTerm(order.column, field, field.null, order.is_descending),
        *(OrderingTerm(name, tie, False, False) for name, tie in zip(ORDER_OF_TIES, ties, strict=True)),
    )


def read_numbered_page(rows: QuerySet, ordering: Ordering, offset: int, size: int, count: int) -> RowPage:
    """Return the rows from an offset on. count: how many rows there are, as far as they are counted."""
    first, ordered = ordering[0], _order(rows, ordering)
    if not first.is_nullable:
        return RowPage(list(ordered[offset : offset + size]))
    if not offset and count <= size:
        # All rows are on this page, so that no index has to serve their order.
        return RowPage(list(rows.order_by(*(term.to_expression() for term in ordering))[:size]))
    with_value = ordered.filter(**{f"{first.path}__isnull": False})
    found = list(with_value[offset : offset + size])
    if len(found) == size or offset + len(found) >= count:
        return RowPage(found)
    passed = offset + len(found) if found or not offset else count_up_to(with_value, offset)
    start = max(0, offset - passed)
    without_value = ordered.filter(**{f"{first.path}__isnull": True})
    return RowPage(found + list(without_value[start : start + size - len(found)]))


def read_page_beside(rows: QuerySet, ordering: Ordering, place: Place, size: int) -> RowPage:
    """Return the rows after or before a row. Raises UnusableRequest if that row is not in the list."""
    row = rows.filter(pk=place.row_id).first()
    if row is None:
        raise UnusableRequest("The row with which this page began is no longer in the list")
    ordering = reverse_ordering(ordering) if place.is_backward else ordering
    position = [term.get_value(row) for term in ordering]
    found = _read(_order(rows, ordering), match_rows_after(ordering, position), size + 1)
    page, has_more = found[:size], len(found) > size
    if place.is_backward:
        page.reverse()
    if not page:
        return RowPage([], f"before-{place.row_id}")
    has_previous, has_next = (has_more, True) if place.is_backward else (True, has_more)
    return RowPage(
        page,
        f"before-{page[0].pk}" if has_previous else "",
        f"after-{page[-1].pk}" if has_next else "",
    )


def _order(rows: QuerySet, ordering: Ordering) -> QuerySet:
    """Return the rows in order, without a word about nulls: those are read apart."""
    return rows.order_by(*(f"{'-' * term.is_descending}{term.path}" for term in ordering))


def _read(rows: QuerySet, conditions: Iterable[Q], size: int) -> list[Any]:
    found: list[Any] = []
    for condition in conditions:
        found += rows.filter(condition)[: size - len(found)]
        if len(found) >= size:
            break
    return found
