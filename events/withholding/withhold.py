"""Withholds, of the events of one batch, what they say of erased persons.

An event that names one is applied without his values, and what it says of others is kept in the baseline, as
of a pruned event; its body is emptied. All of that is one transaction with the change of the records. An
event that tells of another record of an erased person, or of a record that begins to refer to him, is set
aside: what the tables have of that record has to be erased first, which no batch can do (see
`events.privacy.extension`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from crmmirror.lib.database.cursors import execute
from entities.baseline.stored_entries import Entry, show_entries, write_entries
from entities.erasure.marks import KnownMarks, Mark, extents_of, key_of_mark, mark_address
from entities.erasure.redaction import Saying, find_new_marks, list_possible_marks, redact
from entities.reading.mapped_event import MappedEvent, Statement
from entities.stored_events import ProcessingOutcome, StoredEvent, Verdict
from events.models import Event
from events.withholding.bodies import ERASED, empty_bodies, find_addresses_in_body
from events.withholding.mark_store import find_marks
from events.withholding.named_bodies import find_named

# Pending events that are set aside have a time of their next attempt, and workers do not claim them.
SET_ASIDE = f"UPDATE {Event._meta.db_table} SET next_attempt_at = clock_timestamp() WHERE id = ANY(%s)"


@dataclass
class Withholding:
    """The withholding of one batch. Call `revise` before it is applied, and `finish` afterwards.

    redacted: event id -> the event as it is applied, of those that are not applied whole. set_aside: ids.
    """

    redacted: dict[int, MappedEvent] = field(default_factory=dict)
    set_aside: set[int] = field(default_factory=set)

    def revise(self, mapped: Sequence[MappedEvent]) -> list[MappedEvent]:
        """Return the events without what they say of erased persons; leave out those that are set aside."""
        in_bodies = {event.event.id: _list_body_marks(event) for event in mapped}
        said = [one for event in mapped for one in list_said(event)]
        known = find_marks(list_possible_marks(said).union(*in_bodies.values()))
        if not known.marks:
            return list(mapped)
        new_keys = {key_of_mark(mark) for mark in find_new_marks(said, known)}
        applied = []
        for event in mapped:
            if any(one.key in new_keys for one in list_said(event)):
                self.set_aside.add(event.event.id)
                continue
            revised = redact_event(event, known)
            if revised is not event or in_bodies[event.event.id] & known.marks:
                self.redacted[event.event.id] = revised
            applied.append(revised)
        return applied

    def finish(
        self, events: Sequence[StoredEvent], outcomes: Sequence[ProcessingOutcome]
    ) -> list[ProcessingOutcome]:
        """Keep what the redacted events say of others, and empty their bodies; return the outcomes to record.

        An event that is not applied, and names an erased person, is emptied too: it says nothing to anybody.
        """
        unapplied = {one.event_id: one for one in outcomes if one.verdict != Verdict.APPLIED}
        keep_entries(event for id, event in self.redacted.items() if id not in unapplied)
        emptied = find_named([event for event in events if event.id in unapplied]) | self.redacted.keys()
        empty_bodies(emptied)
        if self.set_aside:
            execute(SET_ASIDE, sorted(self.set_aside))
        return [_describe_emptied(one) if one.event_id in emptied else one for one in outcomes]


def list_said(event: MappedEvent) -> list[Saying]:
    """Return what an event says of each record."""
    return [Saying((event.event.source_id, one.key), one.clock, one.writes) for one in event.statements]


def redact_event(event: MappedEvent, known: KnownMarks) -> MappedEvent:
    """Return the event without what it says of erased persons; the same object if it says nothing of them."""
    said = list_said(event)
    kept = redact(said, known)
    if kept == said:
        return event
    return replace(
        event, statements=tuple(Statement(one.key[1], one.clock, dict(one.writes)) for one in kept)
    )


def keep_entries(events: Iterable[MappedEvent]) -> None:
    """Keep in the baseline all that these events say."""
    entries = [
        Entry((event.event.source_id, one.key), one.clock, event.event.id, one.writes)
        for event in events
        for one in event.statements
    ]
    write_entries(entries)
    show_entries(entries)


def _list_body_marks(event: MappedEvent) -> set[Mark]:
    """Return the marks of the addresses that stand anywhere in the body, also where no column is read."""
    places = extents_of(event.event.source_id, event.scope)
    found = find_addresses_in_body(event.event.body)
    return {mark_address(place, address) for address in found for place in places}


def _describe_emptied(outcome: ProcessingOutcome) -> ProcessingOutcome:
    """Return the outcome of an event without its body: warnings and reasons may quote values."""
    error = "" if outcome.verdict == Verdict.APPLIED else ERASED
    return replace(outcome, warnings=(), error=error, retry=False)
