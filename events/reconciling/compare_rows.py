"""Stores those rows of a page of which the mirror says otherwise, and notes each as a finding."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from entities.reading.fetched.fetched_envelope import FetchedRecord, read_changed
from events.ingest.store_fetched import store_fetched
from events.loading.listed_rows import PageContext, PageCounts, is_wanted, make_record
from events.models import Finding, Reconciliation
from events.reconciling.row_differences import Difference, find_differences

Kind = Finding.Kind


def compare_rows(context: PageContext, rows: Sequence[Any], ids: Sequence[str | None]) -> PageCounts:
    """Store the rows that the mirror has otherwise, in the caller's transaction. ids: those of the rows.

    Of the counts, `new` are records that the mirror does not have, and `changed` those that it has otherwise.
    `skipped` are also those whose webhook may still come: stored now, they would never be noticed.
    """
    run = Reconciliation.objects.get(load_id=context.progress.load_id)
    wanted = [(row, id) for row, id in zip(rows, ids, strict=True) if is_wanted(context, row)]
    records = {id: make_record(context, row) for row, id in wanted if id}
    differences = find_differences(context.source, context.resource, records)
    moments = {id: _find_moment(context, records[id], one) for id, one in differences.items()}
    latest = context.seen_at - timedelta(hours=run.retry_hours)
    missed = {id: one for id, one in differences.items() if (moments[id] or latest) <= latest}
    _note_findings(context, run, records, missed, moments)
    failed = sum(id is None for _, id in wanted)
    new = sum(one.kind is Kind.UNKNOWN for one in missed.values())
    skipped = len(rows) - len(wanted) + len(differences) - len(missed)
    return PageCounts(
        new=new,
        changed=len(missed) - new,
        unchanged=len(rows) - len(missed) - failed - skipped,
        failed=failed,
        skipped=skipped,
    )


def _find_moment(context: PageContext, record: FetchedRecord, difference: Difference) -> datetime | None:
    """Return when the vendor's record changed, or was made; None if the vendor does not say."""
    made_at = difference.created_at if difference.kind is Kind.UNKNOWN else None
    return read_changed(record.record, context.resource.changed) or made_at


def _note_findings(
    context: PageContext,
    run: Reconciliation,
    records: Mapping[str, FetchedRecord],
    missed: Mapping[str, Difference],
    moments: Mapping[str, datetime | None],
) -> None:
    """Store the events that mend, unless it is a dry run; note each finding once for all listings."""
    ids = list(missed)
    if run.is_dry_run:
        events: list[int | None] = [None] * len(ids)
    else:
        stored = store_fetched(context.source, [records[id] for id in ids], datetime.now(UTC))
        events = [one.event_id for one in stored]
    Finding.objects.bulk_create(
        (
            Finding(
                progress=context.progress,
                external_id=id,
                kind=missed[id].kind,
                state=Finding.State.FOUND if run.is_dry_run else Finding.State.MENDED,
                day=(moments[id] or context.seen_at).astimezone(UTC).date(),
                columns=list(missed[id].columns),
                event_id=event_id,
            )
            for id, event_id in zip(ids, events, strict=True)
        ),
        ignore_conflicts=True,
    )
