"""The columns of a list of records, as callables for Django's `list_display`, and the sums at its foot.

Each record of a list has an attribute `name_cells`, which all columns share (see `record_admin.RecordList`).
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Any

from django.db.models import DateTimeField, Field
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.cells import format_amount
from crmmirror.lib.admin_kit.local_times import zoned_heading
from entities.admin.record_links import conversation_cell, name_cell, record_link
from entities.admin.value_cells import LIST_CELLS, column_cell, field_label, get_field
from entities.conversation_parties import find_unnamed_parties
from entities.currencies import CurrencySum, sum_by_currency
from entities.models import Record
from entities.models.naming.named_refs import NAMED_COLUMNS

ListColumn = Callable[[Any], SafeString]

# Only these have indexes that serve an ordering of the whole list, in both directions with nulls last.
SORTABLE_COLUMNS = ("created_at", "last_event_at")


def make_name_column(model: type[Record]) -> ListColumn:
    """Make the first column: the record's name, and a badge if it is deleted or a placeholder."""

    def name(record: Any) -> SafeString:
        return name_cell(record, record.name_cells.names.find_own(record))

    name.short_description = str(model._meta.verbose_name)  # type: ignore[attr-defined]
    name.shows = model  # type: ignore[attr-defined]
    return name


def make_list_column(field: Field) -> ListColumn:
    """Make the column that shows a field."""
    column = partial(_cell, field)
    column.__name__ = field.name  # type: ignore[attr-defined]
    column.short_description = _heading(field)  # type: ignore[attr-defined]
    column.shows = field  # type: ignore[attr-defined]
    if field.name in SORTABLE_COLUMNS:
        column.admin_order_field = field.name  # type: ignore[attr-defined]
    return column


def attach_parties(rows: Iterable[Record]) -> list[Any]:
    """Return a page's rows; each that names no party has those of its conversation as `unnamed_parties`."""
    records: list[Any] = list(rows)
    parties = find_unnamed_parties(records)
    for record in records:
        record.unnamed_parties = parties.get(record.pk, [])
    return records


def _heading(field: Field) -> str:
    heading = str(field.verbose_name).removesuffix(" at").removesuffix(" name").removesuffix(" ref")
    return zoned_heading(heading) if isinstance(field, DateTimeField) else heading


def _cell(field: Field, record: Any) -> SafeString:
    if field.name in NAMED_COLUMNS:
        return record.name_cells.list_cell(record, field.name)
    value = getattr(record, field.name)
    if record.unnamed_parties and record.conversation_rule.party == field.name:
        return conversation_cell(record.unnamed_parties)
    return record_link(value) if isinstance(value, Record) else column_cell(record, field, LIST_CELLS)


def describe_sums(paginator: CappedPaginator, columns: Iterable[str]) -> list[str]:
    """Return a sentence for each column with its sums over all pages; two currencies are never added.

    If there are more rows than can be paged through, one sentence says that they are not summed.
    """
    rows = paginator.object_list
    one, many = rows.model._meta.verbose_name, rows.model._meta.verbose_name_plural
    labels = {column: field_label(get_field(rows.model, column)).capitalize() for column in columns}
    if labels and paginator.is_capped:
        limit = f"{paginator.count:,} {many}"
        return [f"Not summed: there are more than {limit}. Narrow the list with the search or the filters."]
    sums = {column: sum_by_currency(rows, column) for column in labels}
    counts = {column: sum(group.count for group in groups) for column, groups in sums.items()}
    return [
        f"{labels[column]} of {count:,} {one if count == 1 else many}: {describe_currencies(sums[column])}"
        for column, count in counts.items()
        if count
    ]


def describe_currencies(groups: Iterable[CurrencySum]) -> str:
    """Return the sums as one text. What is stated and what is assumed of one currency are added."""
    return "; ".join(
        _describe_currency(currency, list(sums))
        for currency, sums in groupby(groups, key=lambda group: group.currency)
    )


def _describe_currency(currency: str | None, sums: Sequence[CurrencySum]) -> str:
    amount = format_amount(sum((one.amount for one in sums), Decimal()))
    if currency is None:
        return f"{amount} without currency"
    assumed = [one for one in sums if one.is_assumed]
    if not assumed:
        return f"{currency} {amount}"
    if len(assumed) == len(sums):
        return f"{currency} {amount}, all of it in an assumed currency"
    return f"{currency} {amount}, {format_amount(assumed[0].amount)} of it in an assumed currency"
