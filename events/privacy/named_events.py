"""Finds the events that may name a person, and reads what each of them says."""

from collections.abc import Iterable
from dataclasses import dataclass

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.baseline.stored_entries import Entry, read_entries_after
from entities.erasure.marked_addresses import PHONE, Address
from entities.erasure.marks import Extent
from entities.erasure.redaction import Saying, reference_models
from entities.models import BaselineEntry, TimelineEntry
from entities.models.introspection import model_name, record_models, record_models_by_name
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent
from entities.vendors import UnusableVendor
from entities.writing.source_statement import SourceKey
from events.models import Event
from events.processing.claim import read_events

LOG, TIMELINE, BASELINE = (model._meta.db_table for model in (Event, TimelineEntry, BaselineEntry))
KEYS = """jsonb_to_recordset(%s::jsonb) AS key (source_id bigint, scope text, external_id text)"""
OF_RECORD = f"""
    SELECT entry.event_id FROM {KEYS} JOIN "{{table}}" record USING (source_id, scope, external_id)
    JOIN "{TIMELINE}" entry ON entry.record_type = '{{name}}' AND entry.record_id = record.id
    UNION
    SELECT stored.event_id FROM {KEYS} JOIN "{BASELINE}" stored USING (source_id, scope, external_id)
    WHERE stored.record_type = '{{name}}'
"""
# What is kept of pruned events may have no entry of the record that is only referred to.
REFERRING = f"""
    SELECT stored.event_id FROM {KEYS} JOIN "{BASELINE}" stored USING (source_id, scope)
    WHERE stored.record_type = '{{name}}' AND stored.writes ->> '{{register}}' = key.external_id
"""
# A text in which ASCII stands as it is. A JSON escape of an @, and texts of two bytes a character, are left
# for the exact test.
BODY_TEXT = "lower(encode(body, 'escape'))"
BODY_DIGITS = "regexp_replace(encode(body, 'escape'), '[^0-9]', '', 'g')"
IS_OTHERWISE_ENCODED = f"(position('\\x00'::bytea IN body) > 0 OR {BODY_TEXT} LIKE '%%u0040%%')"
SCAN_LOG = f"""
    SELECT id FROM {LOG} WHERE pruned_at IS NULL AND (%s = 0 OR source_id = %s) AND (
        {BODY_TEXT} LIKE ANY(%s::text[]) OR {BODY_DIGITS} LIKE ANY(%s::text[]) OR {IS_OTHERWISE_ENCODED}
        OR (status NOT IN ('applied', 'pending') AND {BODY_TEXT} LIKE ANY(%s::text[]))
    )
"""
SCAN_BASELINE = f"""
    SELECT event_id FROM "{BASELINE}" WHERE (%s = 0 OR source_id = %s) AND (
        lower((writes || unreadable)::text) LIKE ANY(%s::text[])
        OR regexp_replace((writes || unreadable)::text, '[^0-9]', '', 'g') LIKE ANY(%s::text[])
    )
"""
READ_STATES = f"""
    SELECT id, status, pruned_at IS NOT NULL,
        EXISTS (SELECT FROM "{TIMELINE}" entry WHERE entry.event_id = event.id)
    FROM {LOG} event WHERE id = ANY(%s)
"""
IS_OF_EVENTS = "stored.event_id IN ({ids})"
MAX_ENTRIES = 1_000_000


@dataclass(frozen=True)
class NamedEvent:
    """An event that may name the person. said: what was applied of it. body: None if it has none any more.

    is_waiting: whether nothing of it has been applied, and a worker will see to it.
    """

    id: int
    source_id: int
    is_pruned: bool
    is_waiting: bool
    body: bytes | None
    said: tuple[Saying, ...]


def find_events_of(keys: Iterable[SourceKey]) -> set[int]:
    """Return the ids of the events that touched these records, or named them."""
    found: set[int] = set()
    by_model: dict[str, list[dict[str, object]]] = {}
    for source_id, key in keys:
        columns = {"source_id": source_id, "scope": key.scope, "external_id": key.external_id}
        by_model.setdefault(key.model, []).append(columns)
    for name, of_model in by_model.items():
        documents = dump_json(of_model)
        table = record_models_by_name()[name]._meta.db_table
        found |= {id for (id,) in fetch_rows(OF_RECORD.format(table=table, name=name), documents, documents)}
        for model in record_models():
            for register, target in reference_models(model).items():
                if target == name:
                    statement = REFERRING.format(name=model_name(model), register=register)
                    found |= {id for (id,) in fetch_rows(statement, documents)}
    return found


def scan_log(addresses: Iterable[Address], ids: Iterable[str], extent: Extent) -> set[int]:
    """Return the ids of the events whose bodies may name one of these; reads the whole log.

    ids: only looked for in events of which nothing was applied.
    """
    addresses = set(addresses)
    texts = [f"%{_escape(address.text)}%" for address in addresses if address.kind != PHONE]
    digits = [f"%{address.text}%" for address in addresses if address.kind == PHONE]
    other = [f"%{_escape(id.lower())}%" for id in ids]
    source = extent.source_id
    rows = fetch_rows(SCAN_LOG, source, source, texts, digits, other)
    rows += fetch_rows(SCAN_BASELINE, source, source, texts, digits)
    return {id for (id,) in rows}


def read_named_events(event_ids: set[int]) -> list[NamedEvent]:
    """Read these events, and what was applied of each."""
    states = {id: rest for id, *rest in fetch_rows(READ_STATES, sorted(event_ids))}
    kept = _read_kept({id for id, (_, is_pruned, _) in states.items() if is_pruned})
    events = []
    for event in read_events(sorted(states)):
        status, is_pruned, has_entries = states[event.id]
        is_applied = status == Event.Status.APPLIED or (status == Event.Status.PENDING and has_entries)
        said = kept.get(event.id, ()) if is_pruned else _read_said(event) if is_applied else ()
        is_waiting = status == Event.Status.PENDING and not has_entries
        body = None if is_pruned else bytes(event.body)
        events.append(NamedEvent(event.id, event.source_id, is_pruned, is_waiting, body, said))
    return events


def _read_kept(event_ids: set[int]) -> dict[int, tuple[Saying, ...]]:
    """Return what the baseline has of these events."""
    kept: dict[int, tuple[Saying, ...]] = {}
    if event_ids:
        condition = IS_OF_EVENTS.format(ids=", ".join(map(str, sorted(event_ids))))
        entries, _ = read_entries_after(0, MAX_ENTRIES, condition)
        for entry in entries:
            kept[entry.event_id] = (*kept.get(entry.event_id, ()), _to_saying(entry))
    return kept


def _to_saying(entry: Entry) -> Saying:
    return Saying(entry.key, entry.clock, entry.writes)


def _read_said(event: StoredEvent) -> tuple[Saying, ...]:
    """Return what the event says by today's mapping; nothing if it cannot be read any more."""
    try:
        mapped = map_event(event)
    except (UnusableVendor, Malformed, Unmappable):
        return ()
    if not mapped.known:
        return ()
    return tuple(Saying((event.source_id, one.key), one.clock, one.writes) for one in mapped.statements)


def _escape(text: str) -> str:
    """Return a text as it stands in BODY_TEXT, and as LIKE reads it."""
    raw = "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in text.encode())
    return raw.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
