"""The list of one model's records as it is shown: its rows, headings, chips, and links to others like it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.core.paginator import InvalidPage
from django.db.models import ForeignKey, JSONField, Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit import capped_paginator
from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.filter_row import Chip, url_without
from crmmirror.lib.admin_kit.strict_list import no_page
from entities.access.visibility import viewer_of
from entities.admin.lists.attached_columns import attach
from entities.admin.lists.choices_in_use import choices_in_use
from entities.admin.lists.list_choice import (
    CHOICE_PARAMETERS,
    COLUMNS_VAR,
    PAGE_SIZES,
    SIZE_VAR,
    Order,
    read_order,
    read_page_size,
)
from entities.admin.lists.list_columns import RecordColumn
from entities.admin.lists.row_pages import (
    RowPage,
    make_row_ordering,
    parse_place,
    read_numbered_page,
    read_page_beside,
)
from entities.admin.naming.name_cells import read_name_cells
from entities.admin.record_columns import attach_parties, describe_sums, field_heading
from entities.admin.value_cells import get_field
from entities.currencies import CurrencySum, sum_up_to
from entities.models import Record
from entities.names import record_ids


@dataclass(frozen=True)
class Heading:
    """The heading of a column. url: the list in the order of the column; empty if it cannot be.

    direction: `ascending` or `descending` if the list is in the order of it.
    """

    name: str
    text: str
    kind: str
    url: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Link:
    """A link to the list with one thing changed. is_current: it is so now."""

    text: str
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class ColumnChoice:
    """A column in the form that chooses columns. moves: links that move it, if it is shown."""

    name: str
    text: str
    is_shown: bool
    moves: tuple[Link, ...] = ()


class RecordList(ChangeList):
    """Django's list with the columns, order and size of the address.

    Does not read the JSON columns, which are large and which no list shows. Each record has the attributes
    `name_cells` and `attached`, which all columns of all rows share, and `unnamed_parties`.
    """

    order: Order
    page: RowPage

    @property
    def admin(self) -> Any:
        """The admin, with what the list of its model offers."""
        return cast(Any, self.model_admin)

    @property
    def columns(self) -> tuple[RecordColumn, ...]:
        """The columns after the name."""
        return tuple(column for column in self.list_display[1:] if isinstance(column, RecordColumn))

    @property
    def sums(self) -> list[str]:
        """The sentences at the foot: the sums of the list as it is filtered, or why there are none."""
        paginator = cast(CappedPaginator, self.paginator)
        if self.amounts and paginator.is_capped:
            limit = f"{paginator.count:,} {self.opts.verbose_name_plural}"
            return [
                f"Not summed: there are more than {limit}. Narrow the list with the search or the filters."
            ]
        return describe_sums(self.admin.model, self.amounts)

    def get_filters_params(self, params: Any = None) -> Any:
        return {
            name: values
            for name, values in super().get_filters_params(params).items()
            if name not in CHOICE_PARAMETERS
        }

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[Any]:
        """Return the order of all rows in one query, for exports; a page is read by `row_pages`."""
        self.order = read_order(request, self.admin.sortable, self.admin.default_order)
        return [term.to_expression() for term in make_row_ordering(self.admin.model, self.order)]

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        shown = {field.name for column in self.columns for field in column.shows}
        references = [field.name for field in self.opts.concrete_fields if isinstance(field, ForeignKey)]
        joined = [name for name in references if name in shown or name == "source"]
        queryset = super().get_queryset(request, exclude_parameters)
        return queryset.select_related(*joined).defer(*document_paths(self.model, joined))

    def get_results(self, request: HttpRequest) -> None:
        self.request, self.list_per_page = request, read_page_size(request)
        paginator = cast(
            CappedPaginator, self.admin.get_paginator(request, self.queryset, self.list_per_page)
        )
        self.amounts: dict[str, list[CurrencySum]] = {}
        if columns := self.admin.listing.summed_columns:
            # One query counts and sums: each reads all rows of a filter that no index serves.
            paginator.capped_count, self.amounts = sum_up_to(
                self.queryset, columns, capped_paginator.MAX_ROWS
            )
        self.paginator, self.result_count = paginator, paginator.count
        self.full_result_count, self.show_full_result_count = None, False
        self.show_admin_actions, self.can_show_all = True, False
        self.page = self._read_page(request, paginator)
        self.result_list = self.complete(self.page.rows)

    def _read_page(self, request: HttpRequest, paginator: CappedPaginator) -> RowPage:
        text = request.GET.get(PAGE_VAR, "1")
        place, size = parse_place(text), self.list_per_page
        ordering = make_row_ordering(self.admin.model, self.order)
        self.multi_page = place.number is not None and self.result_count > size
        if place.number is None:
            return read_page_beside(self.queryset, ordering, place, size)
        try:
            number = paginator.validate_number(place.number)
        except InvalidPage:
            raise no_page(text) from None
        page = read_numbered_page(self.queryset, ordering, (number - 1) * size, size, paginator.capped_count)
        if paginator.is_capped and number == paginator.num_pages:
            return RowPage(page.rows, next=f"after-{page.rows[-1].pk}")
        return page

    def complete(self, rows: Iterable[Record]) -> list[Any]:
        """Give the rows what their columns share, by a few queries for all of them."""
        request, records = self.request, attach_parties(rows)
        in_use = choices_in_use(request, self.admin.model)
        ids = (named for record in records for named in record_ids(record))
        cells = read_name_cells(request, [*ids, *in_use.all_ids()])
        in_use.names = cells.names
        for record in records:
            record.name_cells = cells
        attach(viewer_of(request), (one.attached for one in self.columns if one.attached), records)
        return records

    @property
    def rows(self) -> Iterator[tuple[str, list[tuple[RecordColumn, SafeString]]]]:
        """Each row: the address of the record's page, and its columns with their cells, the name's first."""
        columns = [column for column in self.list_display if isinstance(column, RecordColumn)]
        preserved: Any = {"preserved_filters": self.preserved_filters, "opts": self.opts}
        for record in self.result_list:
            url = add_preserved_filters(preserved, self.url_for_result(record))
            yield url, [(column, column(record)) for column in columns]

    @property
    def headings(self) -> Iterator[Heading]:
        """The headings of the columns; a click on one orders by it, from the greatest on."""
        for column in self.list_display:
            if not isinstance(column, RecordColumn):
                continue
            name = next(
                (field.name for field in column.shows if getattr(field, "name", "") in self.admin.sortable),
                "",
            )
            if not name:
                yield Heading(column.name, column.heading, column.kind)
                continue
            is_current = name == self.order.column
            turned = Order(name, not (is_current and self.order.is_descending))
            direction = ("descending" if self.order.is_descending else "ascending") if is_current else ""
            url = self.get_query_string({ORDER_VAR: str(turned)})
            yield Heading(column.name, column.heading, column.kind, url, direction)

    @property
    def extra_chips(self) -> Iterator[Chip]:
        """The chips of a chosen order and of chosen columns."""
        if ORDER_VAR in self.params:
            heading = field_heading(get_field(self.model, self.order.column))
            first = "newest" if self.order.is_descending else "oldest"
            yield Chip(f"Order: {heading}, {first} first", url_without(self, ORDER_VAR))
        if COLUMNS_VAR in self.params:
            count = len(self.columns)
            yield Chip(f"Columns: {count} chosen", url_without(self, COLUMNS_VAR))

    @property
    def size_links(self) -> list[Link]:
        """The list with more or fewer rows on a page."""
        return [
            Link(str(size), self.get_query_string({SIZE_VAR: size}), size == self.list_per_page)
            for size in PAGE_SIZES
        ]

    @property
    def page_links(self) -> list[Link]:
        """The pages beside this one, of pages without a number, and after the last one with a number."""
        first = Link("First page", self.get_query_string()) if self.page.previous else None
        beside = (("Previous", self.page.previous), ("Next", self.page.next))
        links = [Link(text, self.get_query_string({PAGE_VAR: place})) for text, place in beside if place]
        return [first, *links] if first else links

    @property
    def column_choices(self) -> list[ColumnChoice]:
        """The columns that can be chosen: those that are shown first, in their order."""
        shown = [column.name for column in self.columns]
        offered = self.admin.columns
        chosen = [
            ColumnChoice(name, offered[name].heading, True, tuple(self._moves(shown, place)))
            for place, name in enumerate(shown)
        ]
        return chosen + [
            ColumnChoice(name, column.heading, False) for name, column in offered.items() if name not in shown
        ]

    def _moves(self, shown: list[str], place: int) -> Iterator[Link]:
        for text, other in (("earlier", place - 1), ("later", place + 1)):
            if 0 <= other < len(shown):
                moved = list(shown)
                moved[place], moved[other] = moved[other], moved[place]
                yield Link(text, self.get_query_string({COLUMNS_VAR: ",".join(moved)}))

    @property
    def other_parameters(self) -> list[tuple[str, str]]:
        """The parameters that the form for choosing columns has to keep."""
        return [(name, value) for name, value in self.params.items() if name != COLUMNS_VAR]

    @property
    def query_string(self) -> str:
        """All that makes the list what it is, without the page: filters, search, order, columns and size."""
        return self.get_query_string()[1:]


def document_paths(model: type[Model], references: Iterable[str]) -> list[str]:
    """Return the paths of the JSON columns of the rows and of the rows that they refer to."""
    models: dict[str, Any] = {"": model} | {
        f"{name}__": get_field(model, name).related_model for name in references
    }
    return [
        prefix + field.name
        for prefix, related in models.items()
        for field in related._meta.concrete_fields
        if isinstance(field, JSONField)
    ]
