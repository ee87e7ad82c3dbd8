"""The records that an event touched, and what it said of each."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.documents import document_cell
from entities.admin.record_links import record_link
from entities.admin.timeline_page import annotate_bounded_values
from entities.models import Record
from entities.models.introspection import record_models_by_name
from events.models import Event

MAX_TOUCHED = 100


@dataclass(frozen=True)
class TouchedRecord:
    """`wrote` is None where the event only refers to the record."""

    kind: str
    record: SafeString
    names: tuple[str, ...]
    wrote: SafeString | None
    is_large: bool


def find_touched_records(event: Event) -> Iterator[TouchedRecord]:
    """One query for each kind of record."""
    entries = list(annotate_bounded_values(event.timeline.all()).order_by("id")[:MAX_TOUCHED])
    ids: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        ids[entry.record_type].append(entry.record_id)
    records = {
        (name, record.pk): record
        for name, wanted in ids.items()
        for record in record_models_by_name()[name]
        ._default_manager.filter(pk__in=wanted)
        .defer("registers", "extra")
    }
    for entry in entries:
        if record := records.get((entry.record_type, entry.record_id)):
            yield _touched(record, entry)


def _touched(record: Record, entry: Any) -> TouchedRecord:
    """entry: as `annotate_bounded_values` gives it."""
    said = entry.bounded_values
    return TouchedRecord(
        kind=str(record._meta.verbose_name),
        record=record_link(record),
        names=tuple(sorted(said or ())),
        wrote=document_cell(said) if said else None,
        is_large=said is None,
    )
