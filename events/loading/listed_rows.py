"""Stores the rows of a page as events, and counts what they are to the mirror."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crmmirror.lib.database.cursors import execute, fetch_rows
from entities.models.introspection import record_models_by_name
from entities.reading.fetched.fetched_envelope import FetchedRecord, read_changed
from entities.reading.fetched.fetched_plans import find_fetched_plan, translate_id
from entities.reading.record_reading import find_id
from entities.resource_language import Resource
from entities.stored_events import Origin
from events.ingest.store import StoreResult
from events.ingest.store_fetched import StoredRecord, store_fetched
from events.models import ListedRecord, LoadedEvent, ResourceProgress, Source

Kind = LoadedEvent.Kind
# An upsert; the rows that it touches are those that this listing has not shown before. In the order of the
# unique key.
LISTED = ListedRecord._meta.db_table
NOTE_LISTED = f"""
    INSERT INTO {LISTED} AS held (progress_id, external_id, listing)
    SELECT %s, external_id, %s FROM unnest(%s::text[]) AS listed (external_id)
    ORDER BY external_id ON CONFLICT (progress_id, external_id) DO UPDATE SET listing = excluded.listing
    WHERE held.listing <> excluded.listing
"""
# An event that the list has shown before, and that was the same then, is not counted again: a count is the
# number of events that the admin lists behind it. In the order of the unique key.
LOADED = LoadedEvent._meta.db_table
NOTE_LOADED = f"""
    INSERT INTO {LOADED} (progress_id, kind, event_id)
    SELECT %s, kind, event_id FROM unnest(%s::text[], %s::bigint[]) AS read (kind, event_id)
    ORDER BY kind, event_id ON CONFLICT (progress_id, kind, event_id) DO NOTHING RETURNING kind
"""


@dataclass(frozen=True)
class PageCounts:
    """The counts of a page, as in ResourceProgress."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped: int = 0


StoreRows = Callable[["PageContext", Sequence[Any], Sequence[str | None]], PageCounts]
"""Stores the rows of a page, in the caller's transaction. The last one: the ids of the rows."""


@dataclass(frozen=True)
class PageContext:
    """The facts that all rows of a page share. seen_at: the moment for which the rows are certain."""

    source: Source
    resource: Resource
    progress: ResourceProgress
    since: datetime | None
    seen_at: datetime


def read_row_id(source: Source, resource: Resource, row: Any) -> str | None:
    """Return the id of a row as webhooks write it; None if it has none."""
    plan = find_fetched_plan(source.vendor, Origin.API, resource.name, source.time_zone)
    if plan is None or not isinstance(row, dict):
        return None
    found = find_id(plan.plan, row)
    return translate_id(found, plan.ids.get(resource.entity.model, {})) if found else None


def note_listed_records(progress: ResourceProgress, ids: Sequence[str]) -> int:
    """Note the records that a listing has shown; return how many it had not shown before."""
    return execute(NOTE_LISTED, progress.pk, progress.listing, sorted(set(ids)))


def store_rows(context: PageContext, rows: Sequence[Any], ids: Sequence[str | None]) -> PageCounts:
    """Store the rows that were asked for, in the caller's transaction. ids: those of the rows."""
    wanted = [(row, id) for row, id in zip(rows, ids, strict=True) if is_wanted(context, row)]
    stored = store_fetched(
        context.source, [make_record(context, row) for row, _ in wanted], datetime.now(UTC)
    )
    known = _known_ids(context, [id for _, id in wanted if id])
    kinds = [_kind_of(outcome, id, known) for outcome, (_, id) in zip(stored, wanted, strict=True)]
    counts = _note_loaded_events(context.progress, kinds, [outcome.event_id for outcome in stored])
    return PageCounts(skipped=len(rows) - len(wanted), **{str(kind): counts[kind] for kind in Kind})


def _note_loaded_events(
    progress: ResourceProgress, kinds: Sequence[str], event_ids: Sequence[int]
) -> Counter[str]:
    """Note what each event is to the mirror; return how many of each kind the list had not shown before."""
    return Counter(kind for (kind,) in fetch_rows(NOTE_LOADED, progress.pk, list(kinds), list(event_ids)))


def _kind_of(stored: StoredRecord, row_id: str | None, known: frozenset[str]) -> str:
    if stored.outcome is StoreResult.MALFORMED or row_id is None:
        return Kind.FAILED
    if stored.outcome is StoreResult.DUPLICATE:
        return Kind.UNCHANGED
    return Kind.CHANGED if row_id in known else Kind.NEW


def is_wanted(context: PageContext, row: Any) -> bool:
    """Return True if the row is one of those that were asked for, or cannot be judged."""
    if not isinstance(row, dict):
        return True
    if any(row.get(key) != value for key, value in context.resource.only.items()):
        return False
    changed_at = read_changed(row, context.resource.changed) if context.since else None
    return changed_at is None or context.since is None or changed_at >= context.since


def make_record(context: PageContext, row: Any) -> FetchedRecord:
    """Return a row as what is stored of it."""
    changed: Mapping[str, Any] = row if isinstance(row, dict) else {}
    has_time = read_changed(changed, context.resource.changed) is not None
    return FetchedRecord(
        Origin.API,
        context.resource.name,
        row,
        observed_at=None if has_time else context.seen_at,
        headers={"load": str(context.progress.load_id), "page": str(context.progress.page + 1)},
    )


def _known_ids(context: PageContext, ids: Sequence[str]) -> frozenset[str]:
    model = record_models_by_name()[context.resource.entity.model]
    found = model._default_manager.filter(
        source_id=context.source.pk, external_id__in=ids, is_placeholder=False
    )
    return frozenset(found.values_list("external_id", flat=True))
