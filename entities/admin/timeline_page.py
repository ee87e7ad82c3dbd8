"""A record's timeline, as its pages show it: the events that touched it, and what each one wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page
from django.db.models import Case, F, JSONField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Length
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.cells import MAX_TEXT_CHARACTERS
from crmmirror.lib.admin_kit.documents import document_cell
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_links import EventLinks
from entities.merge.clock import parse_clock
from entities.models import Record, TimelineEntry
from entities.provenance import Provenance, timeline_entries

PAGE_SIZE = 50


@dataclass(frozen=True)
class TimelineRow:
    """One event that touched a record.

    field_names: the columns, and keys of `extra`, that the event wrote.
    values: what it wrote; None if it only refers to the record, or if that is too large for a page.
    """

    occurred_at: datetime
    rank: str
    event_url: str
    event_type: str
    field_names: tuple[str, ...]
    values: SafeString | None
    is_large: bool


def read_timeline_page(record: Record, number: str) -> Page:
    """Return one page of a record's timeline, newest first; its objects are entries.

    number: as it stands in the address; one that does not exist leads to the first or last page.
    """
    paginator = CappedPaginator(_read_entries(record), PAGE_SIZE)
    if number == "1":
        first = list(paginator.object_list[: PAGE_SIZE + 1])
        if len(first) <= PAGE_SIZE:
            # All there is: no query has to count it.
            paginator.capped_count = len(first)
            return Page(first, 1, paginator)
    page = paginator.get_page(number)
    page.object_list = list(page.object_list)
    return page


def list_values(page: Page) -> Iterator[tuple[str, Any]]:
    """Yield what the entries of a page wrote, as pairs (column, value)."""
    return (item for entry in page.object_list for item in (entry.bounded_values or {}).items())


def make_timeline_rows(record: Record, page: Page, cells: NameCells, links: EventLinks) -> list[TimelineRow]:
    """Return the entries of a page as it shows them."""
    return [_make_row(record, entry, cells, links) for entry in page.object_list]


def annotate_bounded_values(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    """Read `bounded_values` instead of `wrote`: the same, but None if it is too large for a page."""
    size = Length(Cast("wrote", TextField()))
    bounded_values = Case(
        When(size__lte=MAX_TEXT_CHARACTERS, then=F("wrote")), default=Value(None), output_field=JSONField()
    )
    return entries.defer("wrote").annotate(size=size, bounded_values=bounded_values)


def _read_entries(record: Record) -> QuerySet[TimelineEntry]:
    entries = annotate_bounded_values(timeline_entries(record)).select_related("event").order_by("-clock")
    return entries.only("clock", "event__event_type", "event__scope")


def _make_row(record: Record, entry: Any, cells: NameCells, links: EventLinks) -> TimelineRow:
    """Return an entry of `_read_entries` as the page shows it."""
    wrote = entry.bounded_values
    clock = parse_clock(entry.clock)
    origin = Provenance(entry.clock, entry.event_id, entry.event.event_type, entry.event.scope)
    return TimelineRow(
        occurred_at=clock.occurred_at,
        rank=clock.rank.name.lower(),
        event_url=links.url(record.source_id, origin),
        event_type=entry.event.event_type,
        field_names=tuple(sorted(wrote or ())),
        values=document_cell(cells.describe_values(record, wrote)) if wrote else None,
        is_large=wrote is None,
    )
