"""Extends an erasure to what arrives after it: another record of the person, or one that refers to him.

Workers set such events aside (see `events.withholding`): what the tables have of that record is erased first,
by the same code, and only then are they applied.
"""

from django.db import transaction

from crmmirror.lib.database.cursors import execute, fetch_rows, fetch_value
from entities.erasure.redaction import find_new_marks, list_possible_marks
from entities.feed.numbering import number_changes
from entities.models import Erasure
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import MappedEvent, Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent
from entities.vendors import UnusableVendor
from entities.writing.mirror_lock import lock_for_replacing, try_lock_for_pruning
from events.models import Event
from events.privacy.carry_out import carry_out
from events.privacy.plan import make_plan
from events.processing.claim import read_events
from events.processing.drain import drain_backlog, settle_events
from events.processing.outcomes import record_outcomes
from events.withholding.mark_store import find_erasures, find_marks
from events.withholding.withhold import list_said

LOG = Event._meta.db_table
IS_SET_ASIDE = "status = 'pending' AND next_attempt_at IS NOT NULL"
HAS_SET_ASIDE = f"SELECT EXISTS (SELECT FROM {LOG} WHERE {IS_SET_ASIDE})"
MAX_EVENTS = 100
CLAIM = f"SELECT id FROM {LOG} WHERE {IS_SET_ASIDE} ORDER BY id LIMIT {MAX_EVENTS} FOR UPDATE"
RELEASE = f"UPDATE {LOG} SET next_attempt_at = NULL WHERE id = ANY(%s)"


def settle_arrived_events() -> None:
    """Apply what is pending, and extend erasures, until nothing is left to do here and now."""
    drain_backlog()
    while extend_erasures():
        drain_backlog()


def extend_erasures() -> int:
    """Extend erasures for the events that are set aside, and apply these; return how many there were.

    Returns 0 while a rebuild or pruning runs: the next sweep tries again.
    """
    if not fetch_value(HAS_SET_ASIDE):
        return 0
    with transaction.atomic():
        if not try_lock_for_pruning():
            return 0
        lock_for_replacing()
        events = read_events(id for (id,) in fetch_rows(CLAIM))
        said = [one for event in events for mapped in _map(event) for one in list_said(mapped)]
        known = find_marks(list_possible_marks(said))
        if new := find_new_marks(said, known):
            first = next(iter(find_erasures(known.marks)))
            erasure = Erasure.objects.create(extends_id=first.extends_id or first.pk)
            carry_out(erasure, make_plan(known.marks | new))
        execute(RELEASE, [event.id for event in events])
        record_outcomes(settle_events(events))
    number_changes()
    return len(events)


def _map(event: StoredEvent) -> list[MappedEvent]:
    try:
        return [map_event(event)]
    except (UnusableVendor, Malformed, Unmappable):
        return []
