"""An answer of the strip, and the cells that answers are made of."""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from entities.admin.value_cells import PAGE_CELLS, column_cell, get_field
from entities.currencies import currency_column
from entities.models import Record


@dataclass(frozen=True)
class Answer:
    """A question's name, its answer, and where there is more of it; the address may be empty."""

    label: str
    value: SafeString
    url: str = ""


def amount_cell_of(record: Record, column: str) -> SafeString:
    """Render an amount of a record with its currency, stated or assumed."""
    cell = column_cell(record, get_field(type(record), column), PAGE_CELLS)
    stated: Any = getattr(record, currency_column(type(record)) or "", None)
    return format_html("{} {}", stated, cell) if stated and getattr(record, column) is not None else cell
