"""Carries out the plan of an erasure: in the log, baseline, timeline, records and change feed."""

from collections.abc import Iterable

from crmmirror.lib.database.cursors import execute
from crmmirror.lib.json_text import dump_json
from entities.baseline.stored_entries import Entry, delete_entries, show_entries, write_entries
from entities.erasure.redaction import Saying
from entities.feed.change_notes import ChangedRecord, forget_record, note_changes
from entities.models import Erasure, TimelineEntry
from entities.models.introspection import names_scope
from entities.writing.record_tables import UPSERT_ENTRIES
from entities.writing.source_statement import SourceKey
from events.models import Event
from events.privacy.plan import ErasurePlan, find_rows
from events.privacy.said_by_others import remove_unsaid
from events.rebuild.some_records import rebuild_records
from events.withholding.bodies import empty_bodies
from events.withholding.mark_store import write_marks

# What waited to be applied again cannot be, without its body.
SETTLE = f"""
    UPDATE {Event._meta.db_table} SET status = 'applied', settled_at = clock_timestamp()
    WHERE id = ANY(%s) AND status = 'pending'
"""
# The entries in which nothing was written: `rebuild_records` leaves them.
DELETE_TIMELINE = f"""
    DELETE FROM "{TimelineEntry._meta.db_table}"
    WHERE (record_type, record_id) IN (SELECT * FROM unnest(%s::text[], %s::bigint[]))
"""


def carry_out(erasure: Erasure, plan: ErasurePlan) -> None:
    """Do what the plan says, in the caller's transaction, which keeps out workers, pruning and rebuilds."""
    write_marks(erasure, plan.known.marks)
    erased = find_rows(plan.erased)
    others = find_rows(plan.referring | plan.others)
    _rewrite_log(plan)
    rebuild_records(sorted((key[1].model, id) for key, id in (erased | others).items()))
    if erased:
        execute(DELETE_TIMELINE, [key[1].model for key in erased], list(erased.values()))
    remove_unsaid(plan)
    for key, id in erased.items():
        forget_record(_describe(key, id))
    note_changes([_describe(key, id) for key, id in others.items()])


def _rewrite_log(plan: ErasurePlan) -> None:
    """Keep in the baseline what stays of the events, and empty their bodies."""
    kept: list[Entry] = []
    gone: list[Entry] = []
    added: list[tuple[int, Saying]] = []
    for change in plan.changes:
        event_id = change.event.id
        kept += _to_entries(event_id, change.kept)
        gone += _to_entries(event_id, change.gone)
        added += [(event_id, saying) for saying in change.added]
    delete_entries(gone)
    write_entries(kept)
    show_entries(kept)
    _add_to_timeline(added)
    empty_bodies(plan.emptied)
    execute(SETTLE, [change.event.id for change in plan.changes])


def _to_entries(event_id: int, said: Iterable[Saying]) -> list[Entry]:
    return [Entry(one.key, one.clock, event_id, one.writes) for one in said]


def _add_to_timeline(added: list[tuple[int, Saying]]) -> None:
    ids = find_rows(saying.key for _, saying in added)
    entries = [
        {
            "record_type": saying.key[1].model,
            "record_id": ids[saying.key],
            "event_id": event_id,
            "clock": saying.clock,
            "wrote": {},
        }
        for event_id, saying in added
        if saying.key in ids
    ]
    if entries:
        execute(UPSERT_ENTRIES, dump_json(entries))


def _describe(key: SourceKey, record_id: int) -> ChangedRecord:
    source_id, (record_type, scope, external_id) = key
    shown_scope = external_id if names_scope(record_type) else scope
    return ChangedRecord(record_type, record_id, source_id, shown_scope, external_id)
