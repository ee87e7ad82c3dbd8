"""Reads from the address which columns a list has, in which order its rows are, and how many a page has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import DateField, DecimalField, F, Index, Q
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.admin.lists.list_columns import RecordColumn
from entities.models import Record

COLUMNS_VAR = "columns"
SIZE_VAR = "per_page"
CHOICE_PARAMETERS = (COLUMNS_VAR, SIZE_VAR)
PAGE_SIZES = (50, 100, 200)
# Orders of anything else, such as of ids, mean nothing to people.
SORTABLE_FIELDS = (DateField, DecimalField)


@dataclass(frozen=True)
class Order:
    """The column by which a list is in order. Rows without a value come last either way."""

    column: str
    is_descending: bool

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_descending else self.column


def parse_order(text: str) -> Order:
    """Return the order that a text such as `-due_date` names."""
    return Order(text.removeprefix("-"), text.startswith("-"))


def sortable_columns(model: type[Record]) -> tuple[str, ...]:
    """Return the columns that begin an index of all rows, or of all rows that have a value."""
    names = (_first_column(index) for index in model._meta.indexes)
    fields = (model._meta.get_field(name) for name in dict.fromkeys(names) if name)
    return tuple(field.name for field in fields if isinstance(field, SORTABLE_FIELDS))


def _first_column(index: Index) -> str:
    """Return the column that begins an index in ascending order; empty for an index of some rows only."""
    first: Any = index.fields[0] if index.fields else index.expressions[0]
    name = getattr(first, "name", "") if isinstance(first, F) else first
    is_whole = index.condition in (None, Q(**{f"{name}__isnull": False}))
    return name if isinstance(name, str) and is_whole else ""


def read_columns(
    request: HttpRequest, columns: Mapping[str, RecordColumn], default: tuple[str, ...]
) -> tuple[RecordColumn, ...]:
    """Return the columns of the address, or else the default ones. Raises UnusableRequest."""
    text = request.GET.get(COLUMNS_VAR)
    names = default if text is None else text.split(",")
    for position, name in enumerate(names):
        if name not in columns:
            hint = ", ".join(columns)
            raise UnusableRequest(f"This list has no column {shorten(name)!r}; it has: {hint}")
        if name in names[:position]:
            raise UnusableRequest(f"The column {name!r} is chosen twice")
    return tuple(columns[name] for name in names)


def read_order(request: HttpRequest, sortable: tuple[str, ...], default: Order) -> Order:
    """Return the order of the address, or else the default one. Raises UnusableRequest."""
    text = request.GET.get(ORDER_VAR)
    if text is None:
        return default
    order = parse_order(text)
    if order.column not in sortable:
        hint = ", ".join(sortable)
        raise UnusableRequest(f"This list has no order by {shorten(order.column)!r}; it has: {hint}")
    return order


def read_page_size(request: HttpRequest) -> int:
    """Return how many rows a page has. Raises UnusableRequest."""
    text = request.GET.get(SIZE_VAR, str(PAGE_SIZES[0]))
    if text not in map(str, PAGE_SIZES):
        hint = ", ".join(map(str, PAGE_SIZES))
        raise UnusableRequest(f"A page cannot have {shorten(text)!r} rows; it can have: {hint}")
    return int(text)
