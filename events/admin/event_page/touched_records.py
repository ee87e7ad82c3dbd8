"""The records that an event touched, and what it wrote to each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.documents import document_cell
from entities.access.visibility import viewer_of, visible_to
from entities.admin.naming.name_cells import NameCells, read_name_cells
from entities.admin.record_links import record_link
from entities.admin.record_timeline.bounded_writes import annotate_bounded_values
from entities.models import Record
from entities.models.introspection import record_models_by_name
from entities.names import NamedId, record_ids, value_ids
from events.models import Event

MAX_TOUCHED = 100


@dataclass(frozen=True)
class TouchedRecord:
    """A record and what the event wrote to it.

    wrote: None if the event only refers to the record, or if `is_large`: too much for a page.
    names: the columns and other fields that were written.
    """

    kind: str
    record: SafeString
    names: tuple[str, ...]
    wrote: SafeString | None
    is_large: bool


def find_touched_records(request: HttpRequest, event: Event) -> Iterator[TouchedRecord]:
    """Return the first MAX_TOUCHED records that the event touched, of those that the user sees.

    It takes one query for each kind of record.
    """
    entries = list(annotate_bounded_values(event.timeline.all()).order_by("id")[:MAX_TOUCHED])
    ids: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        ids[entry.record_type].append(entry.record_id)
    records = {
        (name, record.pk): record
        for name, record_ids in ids.items()
        for record in _read_records(request, record_models_by_name()[name], record_ids)
    }
    touched = [
        (record, entry) for entry in entries if (record := records.get((entry.record_type, entry.record_id)))
    ]
    cells = read_name_cells(request, (named for pair in touched for named in _shown_ids(*pair)))
    return (_touched_record(record, entry, cells) for record, entry in touched)


def _read_records(request: HttpRequest, model: type[Record], ids: Iterable[int]) -> QuerySet[Record]:
    rows = visible_to(viewer_of(request), model._default_manager.filter(pk__in=ids))
    return rows.defer("registers", "extra")


def _shown_ids(record: Record, entry: Any) -> Iterator[NamedId]:
    yield from record_ids(record)
    yield from value_ids(record, (entry.bounded_values or {}).items())


def _touched_record(record: Record, entry: Any, cells: NameCells) -> TouchedRecord:
    """Describe one record. entry: annotated by `annotate_bounded_values`."""
    writes = entry.bounded_values
    return TouchedRecord(
        kind=str(record._meta.verbose_name),
        record=record_link(record, cells.names.find_own(record)),
        names=tuple(sorted(writes or ())),
        wrote=document_cell(cells.describe_values(record, writes)) if writes else None,
        is_large=writes is None,
    )
