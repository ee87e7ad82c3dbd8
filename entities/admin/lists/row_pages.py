"""Reads one page of a list: by its number as far as rows are counted, and beyond by keyset pagination.

Rows with a value come first, in either direction, and are read apart from those without one. So one index in
ascending order serves both directions, and an index of the rows with a value serves too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import OrderBy

from crmmirror.lib.admin_kit.request_check import UnusableRequest
from crmmirror.lib.database.capped_count import count_up_to
from crmmirror.lib.database.keyset import Ordering, OrderingTerm, match_rows_after, reverse_ordering
from entities.admin.lists.list_choice import Order
from entities.admin.value_cells import get_field
from entities.models import Record

# Rows without a value, or of one time, stand in the order of their last activity: an index serves it.
LATEST = "last_event_at"
# Records of one time stand in the order of their keys. Django alone would order them by id, which depends on
# the order in which the events came. PostgreSQL sorts only the records of one time (incremental sort).
ORDER_OF_TIES = ("external_id", "scope", "source_id")
# The parameter of the page: its number, or the id of the row after or before which it begins.
PLACE_PATTERN = re.compile(r"((after|before)-)?[0-9]{1,18}")


@dataclass(frozen=True)
class Place:
    """The beginning of a page. number: None for a page that begins beside the row with this id."""

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
    """Return the order: rows of one time, or without one, by their last activity and then by their keys."""
    field = get_field(model, order.column)
    latest = get_field(model, LATEST)
    activity = (OrderingTerm(LATEST, latest, latest.null, True),) if order.column != LATEST else ()
    return (
        OrderingTerm(order.column, field, field.null, order.is_descending),
        *activity,
        *(OrderingTerm(name, get_field(model, name), False, False) for name in ORDER_OF_TIES),
    )


def read_numbered_page(rows: QuerySet, ordering: Ordering, offset: int, size: int, count: int) -> RowPage:
    """Return the rows from an offset on. count: how many rows there are, as far as they are counted."""
    first = ordering[0]
    if not first.is_nullable:
        return RowPage(_slice(_order_with_value(rows, ordering), offset, size))
    if not offset and count <= size:
        # All rows are on this page, so that no index has to serve their order.
        return RowPage(list(rows.order_by(*_expressions(ordering))[:size]))
    with_value = _order_with_value(rows, ordering).filter(**{f"{first.path}__isnull": False})
    found = _slice(with_value, offset, size)
    if len(found) == size or offset + len(found) >= count:
        return RowPage(found)
    passed = offset + len(found) if found or not offset else count_up_to(with_value, offset)
    start = max(0, offset - passed)
    without_value = rows.filter(**{f"{first.path}__isnull": True}).order_by(*_expressions(ordering[1:]))
    return RowPage(found + _slice(without_value, start, size - len(found)))


def read_page_beside(rows: QuerySet, ordering: Ordering, place: Place, size: int) -> RowPage:
    """Return the rows after or before a row. Raises UnusableRequest if that row is not in the list."""
    # Without the list's order, whose index would be read from its beginning.
    row = next(iter(rows.order_by().filter(pk=place.row_id)[:1]), None)
    if row is None:
        raise UnusableRequest("The row with which this page began is no longer in the list")
    ordering = reverse_ordering(ordering) if place.is_backward else ordering
    found = _read_after(rows, ordering, [term.get_value(row) for term in ordering], size + 1)
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


def _read_after(rows: QuerySet, ordering: Ordering, position: list[Any], size: int) -> list[Any]:
    """Return the first rows after a position: those with a value in the first column apart."""
    # Where the position is, there the first condition is: among the rows without a value, or with one.
    is_with_value = position[0] is not None
    found: list[Any] = []
    for condition in match_rows_after(ordering, position):
        part = rows.filter(condition)
        ordered = (
            _order_with_value(part, ordering) if is_with_value else part.order_by(*_expressions(ordering[1:]))
        )
        found += ordered[: size - len(found)]
        if len(found) >= size:
            break
        is_with_value = not is_with_value
    return found


def _slice(ordered: QuerySet, offset: int, size: int) -> list[Any]:
    """Return some rows. Those that are passed over are read without what they refer to."""
    if not offset:
        return list(ordered[:size])
    return list(ordered.filter(pk__in=ordered.select_related(None).values("pk")[offset : offset + size]))


def _order_with_value(rows: QuerySet, ordering: Ordering) -> QuerySet:
    """Order rows that have a value in the first column: no word about its nulls, so that any index serves."""
    first, *others = ordering
    return rows.order_by(f"{'-' * first.is_descending}{first.path}", *_expressions(others))


def _expressions(ordering: Iterable[OrderingTerm]) -> list[OrderBy]:
    return [term.to_expression() for term in ordering]
