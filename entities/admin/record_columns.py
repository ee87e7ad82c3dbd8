"""The cells of a list of records, and the sums at its foot.

Each record of a list has an attribute `name_cells`, which all columns share (see `lists.record_list`).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import DateTimeField, Field, ForeignKey
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import format_amount, line_cell
from crmmirror.lib.admin_kit.local_times import zoned_heading
from entities.admin.record_links import conversation_cell, record_link
from entities.admin.value_cells import LIST_CELLS, column_cell, field_label, get_field
from entities.conversation_parties import find_unnamed_parties
from entities.currencies import CurrencySum
from entities.models import Record
from entities.models.naming.named_refs import NamedRef, named_refs

# Columns of all records that people call otherwise.
HEADINGS = {"external_id": "id in the CRM", "last_event_at": "last activity", "changed_at": "changed here"}


def attach_parties(rows: Iterable[Record]) -> list[Any]:
    """Return a page's rows; each that names no party has those of its conversation as `unnamed_parties`."""
    records: list[Any] = list(rows)
    parties = find_unnamed_parties(records)
    for record in records:
        record.unnamed_parties = parties.get(record.pk, [])
    return records


def field_heading(field: Field) -> str:
    """Return the heading of a field's column; that of a column of times names the zone."""
    name = column_heading(field)
    return zoned_heading(name) if isinstance(field, DateTimeField) else name


def column_heading(field: Field) -> str:
    """Return what people call a field."""
    name = HEADINGS.get(field.name, str(field.verbose_name))
    for suffix in (" at", " name", " ref"):
        name = name.removesuffix(suffix)
    return name


def list_cell(field: Field, record: Any) -> SafeString:
    """Render what a record has in a field."""
    if ref := _find_ref(record, field):
        return record.name_cells.list_cell(record, field.name) + _duration_cell(record, f"{ref.title}_since")
    value = getattr(record, field.name)
    if isinstance(value, Record):
        return record_link(value, record.name_cells.names.find_own(value))
    if isinstance(field, ForeignKey) and value is not None:
        return line_cell(str(value))
    if record.unnamed_parties and record.conversation_rule.party == field.name:
        return conversation_cell(record.unnamed_parties)
    return column_cell(record, field, LIST_CELLS)


def _find_ref(record: Record, field: Field) -> NamedRef | None:
    return named_refs(type(record)).get(field.name)


def _duration_cell(record: Record, since: str) -> SafeString:
    """Render for how many days the record has had what it has, if it has a column that says since when."""
    value = getattr(record, since, None)
    days = (timezone.now() - value).days if value else 0
    return format_html(' <span class="quiet">{} d</span>', f"{days:,}") if days > 0 else SafeString()


def describe_sums(model: type[Record], sums: Mapping[str, Sequence[CurrencySum]]) -> list[str]:
    """Return a sentence for each column with its sums over all pages; two currencies are never added."""
    one, many = model._meta.verbose_name, model._meta.verbose_name_plural
    counts = {column: sum(group.count for group in groups) for column, groups in sums.items()}
    return [
        f"{field_label(get_field(model, column)).capitalize()} of {count:,} {one if count == 1 else many}:"
        f" {describe_currencies(sums[column])}"
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
