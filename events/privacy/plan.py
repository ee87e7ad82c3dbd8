"""The plan of an erasure: which events and records it changes, and what stays of each. Changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.erasure.marked_addresses import Address
from entities.erasure.marks import Extent, KnownMarks, Mark, MarkKind, extents_of, key_of_mark, mark_address
from entities.erasure.redaction import Saying, find_new_marks, redact
from entities.models.introspection import record_models_by_name
from entities.reading.mapped_event import RecordKey
from entities.writing.record_tables import record_table
from entities.writing.source_statement import Ids, SourceKey
from events.privacy.named_events import NamedEvent, find_events_of, read_named_events, scan_log
from events.privacy.subject_search import Subject
from events.withholding.bodies import find_addresses_in_body
from events.withholding.named_bodies import list_marks_in_body

EVERYWHERE = Extent()


@dataclass(frozen=True)
class EventChange:
    """An event that loses its body, and what stays of what it says."""

    event: NamedEvent
    kept: tuple[Saying, ...]

    @property
    def gone(self) -> list[Saying]:
        """The writes of the event to the person's own records, which are removed."""
        kept = {(one.key, one.clock) for one in self.kept}
        return [one for one in self.event.said if (one.key, one.clock) not in kept]

    @property
    def added(self) -> list[Saying]:
        """The writes that replace the removed ones: they keep sub-accounts that the event named."""
        said = {(one.key, one.clock) for one in self.event.said}
        return [one for one in self.kept if (one.key, one.clock) not in said]

    @property
    def changed_keys(self) -> set[SourceKey]:
        """The records of which it says something else, or nothing, afterwards."""
        kept = {(one.key, one.clock): one.writes for one in self.kept}
        return {one.key for one in self.event.said if kept.get((one.key, one.clock)) != one.writes}


@dataclass(frozen=True)
class ErasurePlan:
    """The changes that an erasure makes.

    known: all marks. changes: of events that were applied. emptied: the ids of all events without a body
    afterwards that have one now, also of those that were not applied.
    """

    known: KnownMarks
    changes: tuple[EventChange, ...]
    emptied: frozenset[int]

    @cached_property
    def erased(self) -> frozenset[SourceKey]:
        """The person's own records."""
        return self._marked(MarkKind.ERASED)

    @cached_property
    def referring(self) -> frozenset[SourceKey]:
        """The records that refer to him, or did."""
        return self._marked(MarkKind.REFERRING) - self.erased

    @cached_property
    def others(self) -> frozenset[SourceKey]:
        """The records in which an address of his stood."""
        changed = frozenset[SourceKey]().union(*(change.changed_keys for change in self.changes))
        return changed - self.erased - self.referring

    def _marked(self, kind: MarkKind) -> frozenset[SourceKey]:
        return frozenset(key_of_mark(mark) for mark in self.known.marks if mark.kind == kind)


def make_plan(
    marks: Iterable[Mark], addresses: Iterable[Address] = (), extent: Extent = EVERYWHERE
) -> ErasurePlan:
    """Return the plan for these marks, and all that follow from them. Reads the whole log for addresses."""
    known = KnownMarks(frozenset(marks))
    read: dict[int, NamedEvent] = {}
    own_ids = {mark.text for mark in known.marks if mark.kind == MarkKind.ERASED}
    wanted = scan_log(addresses, own_ids, extent) | find_events_of(map(key_of_mark, _records(known.marks)))
    while True:
        read |= {event.id: event for event in read_named_events(wanted - read.keys())}
        new = find_new_marks((one for event in read.values() for one in event.said), known)
        if not new:
            break
        known = known.with_marks(new)
        wanted |= find_events_of(map(key_of_mark, _records(new)))
    changes = [EventChange(event, tuple(redact(event.said, known))) for event in read.values() if event.said]
    changes = [change for change in changes if _is_changed(change, known)]
    unapplied = {event.id for event in read.values() if not event.said and _names_person(event, known)}
    emptied = unapplied | {change.event.id for change in changes if not change.event.is_pruned}
    return ErasurePlan(known, tuple(changes), frozenset(emptied))


def plan_for(subject: Subject) -> ErasurePlan:
    """Return the plan for a person."""
    return make_plan(subject.marks, subject.addresses, subject.extent)


def find_rows(keys: Iterable[SourceKey]) -> Ids:
    """Return key -> id of the rows that these records have."""
    by_model: dict[str, list[SourceKey]] = {}
    for key in keys:
        by_model.setdefault(key[1].model, []).append(key)
    ids: Ids = {}
    for name, of_model in by_model.items():
        wanted = [
            {"source_id": source, "scope": key.scope, "external_id": key.external_id}
            for source, key in of_model
        ]
        for id, source, scope, external_id in fetch_rows(
            record_table(record_models_by_name()[name]).find, dump_json(wanted)
        ):
            ids[source, RecordKey(name, scope, external_id)] = id
    return ids


def _records(marks: Iterable[Mark]) -> list[Mark]:
    return [mark for mark in marks if mark.kind != MarkKind.ADDRESS]


def _is_changed(change: EventChange, known: KnownMarks) -> bool:
    """Return True if the event says something else afterwards, or its body has more of the person."""
    if change.kept != change.event.said:
        return True
    if any(known.is_referring(one.key) for one in change.event.said):
        return not change.event.is_pruned
    return _names_address(change.event, known)


def _names_address(event: NamedEvent, known: KnownMarks) -> bool:
    if event.body is None:
        return False
    places = {place for one in event.said for place in extents_of(one.key[0], one.key[1].scope)}
    found = find_addresses_in_body(event.body)
    return any(mark_address(place, address) in known.marks for address in found for place in places)


def _names_person(event: NamedEvent, known: KnownMarks) -> bool:
    """Return True for an event of which nothing was applied, and whose body names the person."""
    if event.body is None or event.is_waiting:
        return False
    return not known.marks.isdisjoint(list_marks_in_body(event.source_id, event.body))
