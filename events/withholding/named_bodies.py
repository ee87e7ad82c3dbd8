"""Finds the events of which nothing was applied, and whose bodies name an erased person."""

from collections.abc import Sequence

from entities.erasure.marks import Mark, MarkKind, extents_of, mark_address, mark_record
from entities.erasure.redaction import is_person
from entities.models.introspection import model_name, record_models
from entities.reading.mapped_event import RecordKey
from entities.stored_events import StoredEvent
from events.withholding.bodies import find_addresses_in_body, list_texts
from events.withholding.mark_store import find_marks

# An id that is shorter stands in many bodies where it means something else.
MIN_ID_LENGTH = 4
# Texts of a body each of which is tried as the sub-account of each id in it.
MAX_TRIED_SCOPES = 40


def find_named(events: Sequence[StoredEvent]) -> set[int]:
    """Return the ids of those events whose bodies name an erased person, by an address or an id of his."""
    marks = {event.id: list_marks_in_body(event.source_id, event.body) for event in events}
    known = find_marks(set().union(*marks.values()))
    return {id for id, possible in marks.items() if possible & known.marks}


def list_marks_in_body(source_id: int, body: bytes) -> set[Mark]:
    """Return every mark that would matter to a body of which nobody knows what it says of which record."""
    texts = {text for text in list_texts(body) if len(text) >= MIN_ID_LENGTH}
    scopes = {"", *texts} if len(texts) <= MAX_TRIED_SCOPES else {""}
    models = [model_name(model) for model in record_models() if is_person(model)]
    ids = {
        mark_record(MarkKind.ERASED, (source_id, RecordKey(model, scope, text)))
        for model in models
        for text in texts
        for scope in scopes
    }
    return ids | {
        mark_address(place, address)
        for address in find_addresses_in_body(body)
        for scope in scopes
        for place in extents_of(source_id, scope)
    }
