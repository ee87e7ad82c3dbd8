"""The records that an event touched, and what it said of each."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from entities.admin.documents import document
from entities.admin.links import link
from entities.admin.timeline import sized
from entities.models import Record
from entities.schema import by_name
from events.models import Event

MAX_TOUCHED = 100


@dataclass(frozen=True)
class Touched:
    """`wrote` is None where the event only refers to the record."""

    kind: str
    record: SafeString
    names: tuple[str, ...]
    wrote: SafeString | None
    is_large: bool


def touched_by(event: Event) -> Iterator[Touched]:
    """One query for each kind of record."""
    entries = list(sized(event.timeline.all()).order_by("id")[:MAX_TOUCHED])
    ids: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        ids[entry.record_type].append(entry.record_id)
    records = {
        (name, record.pk): record
        for name, wanted in ids.items()
        for record in by_name()[name]._default_manager.filter(pk__in=wanted).defer("registers", "extra")
    }
    for entry in entries:
        if record := records.get((entry.record_type, entry.record_id)):
            yield _touched(record, entry)


def _touched(record: Record, entry: Any) -> Touched:
    """entry: as `sized` gives it."""
    said = entry.said
    return Touched(
        kind=str(record._meta.verbose_name),
        record=link(record),
        names=tuple(sorted(said or ())),
        wrote=document(said) if said else None,
        is_large=said is None,
    )
