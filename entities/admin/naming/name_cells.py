"""The vendors' ids on a page, shown by their names; the id stands beside the name, or in the tooltip."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, line_cell, shorten
from entities.access.permissions import NAME_THINGS
from entities.models import Record
from entities.models.naming.named_refs import named_refs
from entities.names import NamedId, Names, display_name, read_names

MAX_NAME_CHARACTERS = 60


def may_name(request: HttpRequest) -> bool:
    """Return True if the user may name and order things."""
    return bool(request.user.has_perm(NAME_THINGS))


def naming_url(source_id: int, kind: str, **parameters: str) -> str:
    """Return the address of the page on which a source's ids of one kind are named."""
    address = reverse("admin:entities_name_kind", args=[source_id, kind])
    return f"{address}?{urlencode(parameters)}" if parameters else address


def record_title(record: Record) -> str:
    """Return what a single record is called; reads its own name, if records of its model have names."""
    kind = record.name_kind
    return (display_name(kind, record.source_id, "", record.external_id) if kind else None) or str(record)


@dataclass(frozen=True)
class NameCells:
    """Renders ids by their names. may_name: whether an id without a name links to where it can be named."""

    names: Names
    may_name: bool

    def list_cell(self, record: Record, column: str) -> SafeString:
        """Render what a record has in a column of ids, for a list: the id is in the tooltip."""
        name, value = self.names.find_in_column(record, column), getattr(record, column)
        if name and value:
            return format_html('<span title="{}">{}</span>', shorten(value), line_cell(name))
        return line_cell(name) if name else self._unnamed_cell(record, column, value)

    def page_cell(self, record: Record, column: str, value: Any) -> SafeString:
        """Render an id that a record has or had in a column, for a page: the id stands beside its name."""
        name = self._find(record, column, value)
        if not name:
            return self._unnamed_cell(record, column, value)
        return format_html('{} <code class="quiet" dir="auto">{}</code>', line_cell(name), shorten(value))

    def describe_values(self, record: Record, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an event wrote to a record, with names beside the ids, as texts."""
        refs = named_refs(type(record))
        return {
            column: self._describe(record, column, value) if column in refs and value else value
            for column, value in values.items()
        }

    def _describe(self, record: Record, column: str, value: str) -> str:
        name = self._find(record, column, value)
        return f"{shorten(name, MAX_NAME_CHARACTERS)} ({value})" if name else f"{value} (unnamed)"

    def _find(self, record: Record, column: str, value: Any) -> str | None:
        if value == getattr(record, column):
            return self.names.find_in_column(record, column) if value else None
        kind = named_refs(type(record))[column].kind
        return self.names.find(NamedId(record.source_id, record.scope, kind, value)) if value else None

    def _unnamed_cell(self, record: Record, column: str, value: Any) -> SafeString:
        if not value:
            return EMPTY
        text = format_html('<span class="line" dir="auto">{} (unnamed)</span>', shorten(value))
        if not self.may_name:
            return text
        kind = named_refs(type(record))[column].kind
        url = naming_url(record.source_id, kind, ref=value)
        return format_html('<a href="{}" title="Name it">{}</a>', url, text)


def read_name_cells(request: HttpRequest, ids: Iterable[NamedId]) -> NameCells:
    """Return the cells of one page, after reading the names of all its ids by one query."""
    return NameCells(read_names(ids), may_name(request))
