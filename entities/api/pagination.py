"""Pages by keyset: each page begins after a row, and no row is counted or skipped over."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from entities.api.api_columns import get_column
from entities.api.keyset import (
    Ordering,
    dump_position,
    load_position,
    make_ordering,
    reverse_ordering,
    rows_after,
)
from entities.api.parameter_values import IntegerValue
from entities.api.query_parameters import describe_parameter, list_schema

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 500
# Longer positions do not fit into an address; a cursor then names the row alone.
MAX_CURSOR_LENGTH = 1500
SIGNER = Signer(salt="entities.api.pagination")


@dataclass(frozen=True)
class Cursor:
    """A row to go on from, in an ordering of a model, and in which direction."""

    model: str
    ordering: list[str]
    is_backward: bool
    key: int
    position: list[Any] | None

    def __str__(self) -> str:
        return SIGNER.sign_object(vars(self), compress=True)

    def shortened(self) -> "Cursor":
        if len(str(self)) <= MAX_CURSOR_LENGTH:
            return self
        return Cursor(self.model, self.ordering, self.is_backward, self.key, None)


class KeysetPagination(BasePagination):
    """`{"next", "previous", "results"}` of a view with `orderable` columns and a `default_ordering`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list:
        self.address = request.build_absolute_uri()
        self.model = queryset.model._meta.label
        self.ordering = requested_ordering(queryset, request, view)
        self.cursor = self.asked_cursor(request)
        size = requested_page_size(request)
        self.rows, self.has_more = self.fetch(queryset, size)
        return self.rows

    def fetch(self, queryset: QuerySet, size: int) -> tuple[list, bool]:
        """At most `size` rows in the ordering, and whether there are more in the cursor's direction."""
        ordering = reverse_ordering(self.ordering) if self.is_backward else self.ordering
        if self.cursor is not None:
            position = self.cursor.position or row_position(queryset, ordering, self.cursor.key)
            queryset = queryset.filter(rows_after(ordering, load_position(ordering, position)))
        found = list(queryset.order_by(*map(str, ordering))[: size + 1])
        rows = found[:size]
        return rows[::-1] if self.is_backward else rows, len(found) > size

    @property
    def is_backward(self) -> bool:
        return self.cursor is not None and self.cursor.is_backward

    def asked_cursor(self, request: Request) -> Cursor | None:
        token = request.query_params.get("cursor")
        if token is None:
            return None
        try:
            cursor = Cursor(**SIGNER.unsign_object(token))
        except BadSignature:
            raise ValidationError({"cursor": ["Follow a page's next or previous link."]}) from None
        if (cursor.model, cursor.ordering) != (self.model, list(map(str, self.ordering))):
            raise ValidationError({"cursor": ["This cursor belongs to another list or ordering."]})
        return cursor

    def link(self, row: Any, *, is_backward: bool) -> str:
        position = dump_position(self.ordering, row)
        cursor = Cursor(self.model, list(map(str, self.ordering)), is_backward, row.pk, position)
        return replace_query_param(self.address, "cursor", str(cursor.shortened()))

    def get_next_link(self) -> str | None:
        if self.is_backward and not self.rows:
            return remove_query_param(self.address, "cursor")
        return self.link(self.rows[-1], is_backward=False) if self.is_backward or self.has_more else None

    def get_previous_link(self) -> str | None:
        has_previous = self.has_more if self.is_backward else self.cursor is not None
        return self.link(self.rows[0], is_backward=True) if has_previous and self.rows else None

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({**links, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
        columns = list(view.orderable)  # type: ignore[attr-defined]
        terms = {"type": "string", "enum": [sign + name for name in columns for sign in ("", "-")]}
        return [
            describe_parameter("cursor", "Where a page's next and previous links lead.", {"type": "string"}),
            describe_parameter("page_size", "Rows a page.", size),
            describe_parameter(
                "ordering", "Columns to order by; - before one turns it round.", list_schema(terms)
            ),
        ]


def requested_page_size(request: Request) -> int:
    text = request.query_params.get("page_size")
    if text is None:
        return DEFAULT_PAGE_SIZE
    try:
        size = IntegerValue().clean(text)
    except FieldError:
        size = 0
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise ValidationError({"page_size": [f"Give a whole number from 1 to {MAX_PAGE_SIZE}."]})
    return size


def requested_ordering(queryset: QuerySet, request: Request, view: Any) -> Ordering:
    names = request.query_params.get("ordering", view.default_ordering).split(",")
    try:
        return make_ordering(names, view.orderable, get_column(queryset.model, "id"))
    except KeyError as unknown:
        message = f"{unknown.args[0]!r} is no column to order by. Known: {', '.join(view.orderable)}."
        raise ValidationError({"ordering": [message]}) from None


def row_position(queryset: QuerySet, ordering: Ordering, key: int) -> list[Any]:
    """The position of the row that a shortened cursor names."""
    row = queryset.model._default_manager.filter(pk=key).first()
    if row is None:
        raise ValidationError({"cursor": ["The row that this cursor goes on from is gone. Start again."]})
    return dump_position(ordering, row)
