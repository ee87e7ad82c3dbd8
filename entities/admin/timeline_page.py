"""A record's timeline as its page shows it: which event said what, newest first."""

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
from entities.admin.record_links import event_url
from entities.merge.clock import parse_clock
from entities.models import Record, TimelineEntry
from entities.provenance import timeline_entries

PER_PAGE = 50


@dataclass(frozen=True)
class TimelineRow:
    """One event's word about the record. `wrote` is None where it only refers to it."""

    at: datetime
    rank: str
    event_url: str
    event_type: str
    names: tuple[str, ...]
    wrote: SafeString | None
    is_large: bool


def timeline_page(record: Record, number: str) -> Page:
    """One page of the timeline; of Told, in the order of clocks."""
    page = CappedPaginator(_entries(record), PER_PAGE).get_page(number)
    page.object_list = [timeline_row(entry) for entry in page.object_list]
    return page


def _entries(record: Record) -> QuerySet[TimelineEntry]:
    entries = with_bounded_writes(timeline_entries(record)).select_related("event").order_by("-clock")
    return entries.only("clock", "event__event_type")


def with_bounded_writes(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    """With `said` in place of `wrote`: the same, but None where that is too large for a page."""
    size = Length(Cast("wrote", TextField()))
    said = Case(
        When(size__lte=MAX_TEXT_CHARACTERS, then=F("wrote")), default=Value(None), output_field=JSONField()
    )
    return entries.defer("wrote").annotate(size=size, said=said)


def timeline_row(entry: Any) -> TimelineRow:
    clock = parse_clock(entry.clock)
    return TimelineRow(
        at=clock.occurred_at,
        rank=clock.rank.name.lower(),
        event_url=event_url(entry.event_id),
        event_type=entry.event.event_type,
        names=tuple(sorted(entry.said or ())),
        wrote=document_cell(entry.said) if entry.said else None,
        is_large=entry.said is None,
    )
