"""Cells of what events wrote: as the record's own values are shown, with names instead of ids."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, line_cell
from crmmirror.lib.admin_kit.documents import document_cell
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_links import record_link
from entities.admin.record_timeline.referred_records import ReferredRecords, referred_key
from entities.admin.value_cells import LIST_CELLS, PAGE_CELLS, CellFunctions, value_cell
from entities.models import Record
from entities.models.introspection import mirrored_fields
from entities.models.naming.named_refs import named_refs

SENTENCE_CELLS: CellFunctions = {**LIST_CELLS, models.DateTimeField: time_cell}


@dataclass(frozen=True)
class WrittenCells:
    """Renders what events wrote to the records of a page.

    names: of the ids that they wrote. referred: the records that they referred to.
    """

    names: NameCells
    referred: ReferredRecords

    def page_cell(self, record: Record, column: str, value: Any) -> SafeString:
        """Render a value in full."""
        return self._render(record, column, value, PAGE_CELLS)

    def line_cell(self, record: Record, column: str, value: Any) -> SafeString:
        """Render a value as a part of a sentence."""
        return self._render(record, column, value, SENTENCE_CELLS)

    def _render(self, record: Record, column: str, value: Any, cells: CellFunctions) -> SafeString:
        if value is None:
            return EMPTY
        if key := referred_key(record, column, value):
            referred = self.referred.get(key)
            return (
                record_link(referred, self.names.names.find_own(referred)) if referred else line_cell(value)
            )
        if column in named_refs(type(record)):
            return self.names.page_cell(record, column, value)
        field = mirrored_fields(type(record)).get(column)
        return document_cell(value) if field is None else value_cell(_convert(field, value), field, cells)


def _convert(field: models.Field, value: Any) -> Any:
    """Return the value of a column that an event wrote as JSON."""
    return (
        value
        if isinstance(value, list | dict) or isinstance(field, models.ForeignKey)
        else field.to_python(value)
    )
