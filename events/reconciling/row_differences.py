"""Finds out what rows of a list would change in the mirror: applies them as events, and rolls that back.

So the rules by which events are applied are written once: a row that is older than what a webhook said, or
says the same, changes nothing here either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import QuerySet

from entities.merge.registers import stored_clocks
from entities.models import Record
from entities.models.introspection import mirrored_fields, record_models_by_name
from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.reading.fetched.fetched_plans import find_fetched_plan
from entities.reading.plans.entity_plans import EntityPlan, entity_plans
from entities.resource_language import Resource
from entities.stored_events import Origin
from entities.writing.mirror_lock import lock_for_applying
from entities.writing.process_batch import process_batch
from events.ingest.store import StoreResult
from events.ingest.store_fetched import store_fetched
from events.models import Finding, Source
from events.processing.claim import read_events
from events.withholding.mark_store import read_generation
from events.withholding.withhold import Withholding

# What no event changes: vendors only write it more or less precisely.
UNCHANGING = frozenset({"created_at"})
EXISTENCE = "is_deleted"


@dataclass(frozen=True)
class Difference:
    """The change that a row would make. columns: empty if the mirror does not have the record.

    created_at: when the vendor made the record, as far as it says.
    """

    kind: Finding.Kind
    columns: tuple[str, ...]
    created_at: datetime | None


def find_differences(
    source: Source, resource: Resource, records: Mapping[str, FetchedRecord]
) -> dict[str, Difference]:
    """Return the id -> difference, of the records that the mirror has otherwise. Call it in a transaction.

    records: the id of each as webhooks write it -> what the list says. Raises django.db.Error.
    """
    lock_for_applying()
    before = _read_records(source, resource, list(records))
    with transaction.atomic():
        stored = store_fetched(source, list(records.values()), datetime.now(UTC))
        events = read_events([one.event_id for one in stored if one.outcome is StoreResult.ACCEPTED])
        revise = Withholding().revise if read_generation() else list
        process_batch(events, revise=revise)
        after = _read_records(source, resource, list(records))
        transaction.set_rollback(True)
    columns = compared_columns(source, resource)
    found = {id: _compare(before.get(id), record, columns) for id, record in after.items()}
    return {id: difference for id, difference in found.items() if difference}


def compared_columns(source: Source, resource: Resource) -> tuple[str, ...]:
    """Return the columns that webhooks and this list both write; none if no webhook tells of such records.

    What only the list writes may have changed although no webhook was missed.
    """
    delivered = entity_plans(source.vendor, source.time_zone).get(resource.entity.model)
    listed = find_fetched_plan(source.vendor, Origin.API, resource.name, source.time_zone)
    if delivered is None or listed is None:
        return ()
    return tuple(sorted((_list_columns(delivered) & _list_columns(listed.plan)) - UNCHANGING))


def known_records(source: Source, resource: Resource) -> QuerySet[Record]:
    """Return the records of a list's kind that the mirror has of a source, deleted ones among them."""
    model = record_models_by_name()[resource.entity.model]
    return model._default_manager.filter(source_id=source.pk, scope="", is_placeholder=False)


def _list_columns(plan: EntityPlan) -> set[str]:
    return {one.name for one in plan.columns} | {one.name for one in plan.references}


def _read_records(source: Source, resource: Resource, ids: list[str]) -> dict[str, Record]:
    rows = known_records(source, resource).filter(external_id__in=ids)
    return {row.external_id: row for row in rows}


def _compare(before: Record | None, after: Record, columns: tuple[str, ...]) -> Difference | None:
    if before is None:
        return Difference(Finding.Kind.UNKNOWN, (), after.created_at)
    # What the mirror was never told cannot be out of date.
    told = stored_clocks(before.registers)
    changed = [name for name in columns if name in told and _value(before, name) != _value(after, name)]
    if before.is_deleted != after.is_deleted:
        changed.append(EXISTENCE)
    return Difference(Finding.Kind.BEHIND, tuple(changed), after.created_at) if changed else None


def _value(record: Record, column: str) -> object:
    return getattr(record, mirrored_fields(type(record))[column].attname)
