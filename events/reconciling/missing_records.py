"""The records that complete lists lack, and whether somebody has to be asked before they count as deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from entities.models import Record
from entities.models.introspection import record_models_by_name
from entities.models.naming.name import NameKind
from entities.models.naming.named_refs import named_refs
from entities.reading.fetched.fetched_plans import restore_id
from entities.resource_language import Api, Resource
from events.models import Finding, ListedRecord, Load, Reconciliation, ResourceProgress
from events.reconciling.row_differences import known_records

# More than so many, or so much of a list, may be the work of a permission that was narrowed.
MAX_UNASKED = 20
MAX_UNASKED_PERCENT = 1


def note_missing(run: Reconciliation, progress: ResourceProgress, api: Api, resource: Resource) -> str:
    """Note the records that a complete list lacks; return the question about them, empty if there is none."""
    missing = [
        one for one in find_missing(progress, resource) if write_api_id(api, resource, one.external_id)
    ]
    question = _ask(run.load, progress, resource, missing)
    began_at = progress.began_at or datetime.now(UTC)
    state = Finding.State.ASKED if question else Finding.State.SUSPECTED
    Finding.objects.bulk_create(
        (
            Finding(
                progress=progress,
                external_id=record.external_id,
                kind=Finding.Kind.GONE,
                state=Finding.State.FOUND if run.is_dry_run else state,
                day=began_at.astimezone(UTC).date(),
            )
            for record in missing
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    return question


def find_missing(progress: ResourceProgress, resource: Resource) -> QuerySet[Record]:
    """Return the records that the mirror has and the complete list lacks.

    What an event has told of since the listing began is left out: it may have been made since.
    """
    listed = ListedRecord.objects.filter(
        progress=progress, listing=progress.listing, external_id=OuterRef("external_id")
    )
    is_older = Q(last_event_at__lt=progress.began_at) | Q(last_event_at=None)
    live = known_records(progress.load.source, resource).filter(is_older, is_deleted=False)
    return live.filter(~Exists(listed)).order_by("id")


def write_api_id(api: Api, resource: Resource, external_id: str) -> str | None:
    """Return a record's id as the API writes it; None if the vendor's rule does not say."""
    prefixes = api.ids.get(resource.entity.model)
    return restore_id(external_id, prefixes) if prefixes else external_id


def _ask(load: Load, progress: ResourceProgress, resource: Resource, missing: Sequence[Record]) -> str:
    """Return why nobody but a person can say that these records are deleted; empty if the vendor can."""
    if not missing:
        return ""
    known = known_records(load.source, resource).filter(is_deleted=False).count()
    start = f"{resource.name}: {len(missing):,} of {known:,} records are missing in the vendor's list"
    if len(missing) > MAX_UNASKED or len(missing) * 100 > known * MAX_UNASKED_PERCENT:
        return f"{start}, which are more than {MAX_UNASKED} or {MAX_UNASKED_PERCENT} %."
    if unseen := _count_unseen(load, resource, missing):
        return f"{start}, of which {unseen:,} were never listed with this API key."
    if unowned := _count_unowned(progress, resource, missing):
        return f"{start}, of which {unowned:,} belong to somebody of whom nothing is listed any more."
    return ""


def _count_unseen(load: Load, resource: Resource, missing: Sequence[Record]) -> int:
    """Return how many of the records no earlier load with the same key has listed: it may have no right."""
    ids = {record.external_id for record in missing}
    earlier = ResourceProgress.objects.filter(
        load__source_id=load.source_id,
        load__key_digest=load.key_digest,
        load_id__lt=load.pk,
        resource=resource.name,
    )
    listed = ListedRecord.objects.filter(progress__in=earlier, external_id__in=ids)
    return len(ids) - listed.values("external_id").distinct().count()


def _count_unowned(progress: ResourceProgress, resource: Resource, missing: Sequence[Record]) -> int:
    """Return how many of the records have an owner of whom the list has nothing: permissions go by owners."""
    model = record_models_by_name()[resource.entity.model]
    refs = [ref for ref in named_refs(model).values() if ref.kind is NameKind.PERSON]
    columns = [name for ref in refs for name in (ref.column, ref.name_column) if name]
    listed = ListedRecord.objects.filter(
        progress=progress, listing=progress.listing, external_id=OuterRef("external_id")
    )
    seen = known_records(progress.load.source, resource).filter(Exists(listed))
    unowned = set()
    for column in columns:
        owners = {value for record in missing if (value := getattr(record, column))}
        unseen = owners - set(seen.filter(**{f"{column}__in": owners}).values_list(column, flat=True))
        unowned |= {record.pk for record in missing if getattr(record, column) in unseen}
    return len(unowned)
