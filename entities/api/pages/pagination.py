"""Keyset pagination of the API: each page starts after a row, so no row is counted, skipped or repeated."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as FieldError
from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from crmmirror.lib.database.keyset import (
    Ordering,
    match_rows_after,
    order_within_part,
    reverse_ordering,
    split_by_value,
)
from crmmirror.lib.database.replica_reads import NeedsPrimary, replica_freshness
from entities.access.visibility import viewer_of
from entities.api.filters.parameter_values import IntegerValue, quote_value, split_lists
from entities.api.filters.query_parameters import describe_parameter, list_schema
from entities.api.pages.orderings import (
    dump_position,
    find_indexed_columns,
    load_position,
    make_ordering,
)
from entities.api.rows.api_columns import get_column
from entities.api.rows.row_parameters import ROW_PARAMETERS
from entities.api.rows.shown_fields import is_hidden

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 500
# A longer cursor might not fit into an address; a shortened one names the row alone.
MAX_CURSOR_LENGTH = 1500
PARAMETER_DESCRIPTIONS = {
    "cursor": "The place to continue from. A page's next and previous links hold it.",
    "page_size": "The number of rows in a page.",
    "ordering": "Columns to order by; a - before one reverses its direction. Rows without a value come last.",
}
LIST_PARAMETERS = frozenset({"ordering"})
# Servers pass on headers of 4 kB or 8 kB in all. The body has the address in any case.
MAX_LINK_LENGTH = 2000
# By how much the clocks of web servers may differ.
CLOCK_SECONDS = 1.0
SIGNER = Signer(salt="entities.api.pages.pagination")


@dataclass(frozen=True)
class Cursor:
    """A place in an ordered list: the row to continue from, and the direction.

    It is signed, because it comes back from clients and its values go into a query.

    path: of the list. filters: the digest of the other parameters, which the next request has to repeat.
    position: the row's values of the ordering; None in a shortened cursor, whose row is read again.
    as_of: if there is a replica, the time that the first page was read of, in seconds since 1970. Whoever
        follows the changes from the first page on must not read an older state of the rows after it.
    """

    path: str
    filters: str
    ordering: list[str]
    is_backward: bool
    key: int
    position: list[Any] | None
    as_of: float | None = None

    def __str__(self) -> str:
        return SIGNER.sign_object(vars(self), compress=True)

    def shorten(self) -> "Cursor":
        """Return the cursor, without the position if it is too long for an address."""
        return self if len(str(self)) <= MAX_CURSOR_LENGTH else replace(self, position=None)


class KeysetPagination(BasePagination):
    """Pages `{"next", "next_cursor", "previous", "results"}` of a view.

    The view has `orderable_columns` and a `default_ordering`.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list:
        self.address = request.build_absolute_uri()
        self.path = request.path
        self.filters = digest_filters(request)
        self.ordering = read_ordering(queryset, request, view)
        self.cursor = self.read_cursor(request)
        self.rows, self.has_more = self.fetch_page(queryset, read_page_size(request))
        return self.rows

    def fetch_page(self, queryset: QuerySet, size: int) -> tuple[list, bool]:
        """Return at most `size` rows in the ordering, and if there are more in the cursor's direction."""
        ordering = reverse_ordering(self.ordering) if self.is_backward else self.ordering
        queryset = queryset.order_by(*order_within_part(ordering))
        fetched: list = []
        for condition in self.match_page(queryset, ordering):
            fetched += queryset.filter(condition)[: size + 1 - len(fetched)]
            if len(fetched) > size:
                break
        rows = fetched[:size]
        return rows[::-1] if self.is_backward else rows, len(fetched) > size

    def match_page(self, queryset: QuerySet, ordering: Ordering) -> list[Q]:
        """Return the conditions for the rows from the cursor on, those without a value apart."""
        if self.cursor is None:
            return split_by_value(ordering)
        position = self.cursor.position or find_position(queryset, ordering, self.cursor.key)
        return match_rows_after(ordering, load_position(ordering, position))

    @property
    def is_backward(self) -> bool:
        """Return True if the request follows a `previous` link."""
        return self.cursor is not None and self.cursor.is_backward

    def read_cursor(self, request: Request) -> Cursor | None:
        """Return the request's cursor. Raises ValidationError if it is not one of this list and ordering."""
        token = request.query_params.get("cursor")
        if token is None:
            return None
        try:
            cursor = Cursor(**SIGNER.unsign_object(token))
        except BadSignature:
            raise cursor_error(
                "This is not a cursor of this API. Follow a page's next or previous link."
            ) from None
        if (cursor.path, cursor.ordering) != (self.path, self.ordering_names):
            raise cursor_error(
                "This cursor belongs to another list or ordering. Start again without a cursor."
            )
        if cursor.filters != self.filters:
            raise cursor_error(
                "This cursor belongs to other filters. Repeat those of the page that it is from, or start"
                " again without a cursor."
            )
        freshness = replica_freshness()
        if freshness is not None and freshness < (cursor.as_of or 0):
            raise NeedsPrimary
        return cursor

    @property
    def ordering_names(self) -> list[str]:
        """Return the terms of the ordering as a cursor holds them."""
        return list(map(str, self.ordering))

    def read_as_of(self) -> float | None:
        """Return the time that the first page was read of; None if nothing is read from a replica."""
        if self.cursor and self.cursor.as_of:
            return self.cursor.as_of
        if not settings.REPLICA_URL:
            return None
        # A little later than the primary was read: the clocks of two web servers may differ.
        return replica_freshness() or time.time() + CLOCK_SECONDS

    def make_cursor(self, row: Any, *, is_backward: bool) -> str:
        """Return the cursor of the page that starts after a row."""
        position = dump_position(self.ordering, row)
        cursor = Cursor(self.path, self.filters, self.ordering_names, is_backward, row.pk, position)
        cursor = replace(cursor, as_of=self.read_as_of())
        return str(cursor.shorten())

    def get_next_cursor(self) -> str | None:
        has_next = self.rows and (self.is_backward or self.has_more)
        return self.make_cursor(self.rows[-1], is_backward=False) if has_next else None

    def get_previous_cursor(self) -> str | None:
        has_previous = self.has_more if self.is_backward else self.cursor is not None
        return self.make_cursor(self.rows[0], is_backward=True) if has_previous and self.rows else None

    def get_link(self, cursor: str | None) -> str | None:
        """Return the address of the page at a cursor."""
        return cursor and replace_query_param(self.address, "cursor", cursor)

    def get_paginated_response(self, data: Any) -> Response:
        next_cursor = self.get_next_cursor()
        links = {
            "next": self.get_link(next_cursor),
            "next_cursor": next_cursor,
            "previous": self.get_link(self.get_previous_cursor()),
        }
        # A page before the cursor that has lost its rows leads to the beginning of the list.
        if self.is_backward and not self.rows:
            links["next"] = remove_query_param(self.address, "cursor")
        return Response({**links, "results": data}, headers=make_link_header(links["next"]))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        cursor = {"type": "string", "nullable": True}
        properties = {"next": link, "next_cursor": cursor, "previous": link, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_PAGE_SIZE,
            "default": DEFAULT_PAGE_SIZE,
        }
        columns = list(view.orderable_columns)  # type: ignore[attr-defined]
        terms = {"type": "string", "enum": [sign + name for name in columns for sign in ("", "-")]}
        schemas: dict[str, dict[str, Any]] = {
            "cursor": {"type": "string"},
            "page_size": size,
            "ordering": list_schema(terms),
        }
        # Rows that are computed have no table of their own.
        rows = view.queryset  # type: ignore[attr-defined]
        indexed = find_indexed_columns(rows.model) if rows is not None else []
        descriptions = PARAMETER_DESCRIPTIONS | {"ordering": describe_ordering(columns, indexed)}
        return [describe_parameter(name, text, schemas[name]) for name, text in descriptions.items()]


def digest_filters(request: Request) -> str:
    """Return a digest of the request's parameters that decide which rows its list has."""
    others = {*PARAMETER_DESCRIPTIONS, *ROW_PARAMETERS}
    filters = sorted(pair for pair in request.query_params.lists() if pair[0] not in others)
    return hashlib.sha256(json.dumps(filters).encode()).hexdigest()[:16] if filters else ""


def make_link_header(address: str | None) -> dict[str, str]:
    """Return the header `Link` (RFC 8288) to the next page, unless the address is missing or too long."""
    if address is None or len(address) > MAX_LINK_LENGTH:
        return {}
    return {"Link": f'<{address}>; rel="next"'}


def describe_ordering(columns: Sequence[str], indexed: Sequence[str]) -> str:
    """Return the description of the parameter `ordering`, with what each column costs."""
    served = [name for name in indexed if name in columns]
    if not served:
        return PARAMETER_DESCRIPTIONS["ordering"]
    return (
        f"{PARAMETER_DESCRIPTIONS['ordering']} By {', '.join(served)} alone, every page is read off an"
        " index and costs the same. By other columns, or several, each page sorts all rows that the filters"
        " leave: a second or more if they are hundreds of thousands."
    )


def read_page_size(request: Request) -> int:
    """Return the request's page size. Raises ValidationError."""
    text = request.query_params.get("page_size")
    if text is None:
        return DEFAULT_PAGE_SIZE
    try:
        size = IntegerValue().clean(text)
    except FieldError:
        size = 0
    if not 1 <= size <= MAX_PAGE_SIZE:
        message = f"Cannot use {quote_value(text)}. Write a whole number from 1 to {MAX_PAGE_SIZE}."
        raise ValidationError({"page_size": [message]})
    return size


def read_ordering(queryset: QuerySet, request: Request, view: Any) -> Ordering:
    """Return the request's ordering, or else the view's. Raises ValidationError.

    Nobody orders by references to what he may not view: the order, and the cursor, would tell of them.
    """
    viewer = viewer_of(request)
    columns = {
        name: column for name, column in view.orderable_columns.items() if not is_hidden(column, viewer)
    }
    texts = request.query_params.getlist("ordering") or [view.default_ordering]
    try:
        names = split_lists(texts)
        return make_ordering(names, columns, get_column(queryset.model, "id"))
    except FieldError as error:
        raise ValidationError({"ordering": error.messages}) from None
    except KeyError as error:
        choices = ", ".join(columns)
        message = f"Cannot order by {quote_value(error.args[0])}. Choose from: {choices}."
        raise ValidationError({"ordering": [message]}) from None


def find_position(queryset: QuerySet, ordering: Ordering, key: int) -> list[Any]:
    """Return the position of the row that a shortened cursor names. Raises ValidationError if it is gone."""
    row = queryset.model._default_manager.filter(pk=key).first()
    if row is None:
        raise cursor_error("The row that this cursor continues from is gone. Start again without a cursor.")
    return dump_position(ordering, row)


def cursor_error(message: str) -> ValidationError:
    """Return the error for a cursor that cannot be used."""
    return ValidationError({"cursor": [message]})
