"""An answer of the strip, and the cells that answers are made of."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from entities.admin.value_cells import PAGE_CELLS, column_cell, get_field, value_cell
from entities.currencies import stated_currency
from entities.models import Record


@dataclass(frozen=True)
class Answer:
    """A question's name, its answer, and where there is more of it; the address may be empty."""

    label: str
    value: SafeString
    url: str = ""


def amount_cell_of(record: Record, column: str) -> SafeString:
    """Render an amount of a record with its currency, stated or assumed."""
    field, value = get_field(type(record), column), getattr(record, column)
    if value is not None and (currency := stated_currency(record)):
        return format_html("{} {}", currency, value_cell(value, field, PAGE_CELLS))
    return column_cell(record, field, PAGE_CELLS)
