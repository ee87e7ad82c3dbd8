"""Starts reconciliations, on demand and by schedule, and takes the answer to their question."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from crmmirror.lib.database.cursors import fetch_rows
from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction
from events.loading import load_states
from events.loading.load_states import LoadRefused
from events.models import Finding, Load, Reconciliation, Source
from events.reconciling.row_differences import compared_columns
from events.sources.api_keys import UnfitApiKey, get_api

SCHEDULE = Actor(None, "the schedule")
FIND_DUE = """
    SELECT source.id FROM events_source source JOIN events_apiaccess ON source_id = source.id
    WHERE active AND reconcile_days IS NOT NULL AND NOT EXISTS (
        SELECT FROM events_load load WHERE load.source_id = source.id AND (
            state IN ('running', 'paused')
            OR purpose = 'reconcile' AND started_at > now() - make_interval(days => reconcile_days)
        )
    )
"""


def choose_compared(source: Source, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the lists to compare, each once. names: empty for all of which webhooks tell.

    Raises LoadRefused and UnfitApiKey.
    """
    chosen = load_states.choose_resources(source, names)
    api = get_api(source)
    told = [name for name in chosen if (one := api.find_resource(name)) and compared_columns(source, one)]
    if names and len(told) < len(chosen):
        untold = next(name for name in chosen if name not in told)
        raise LoadRefused(
            f"no webhook tells of {untold}, so that none can be missing: load them with manage.py backfill"
        )
    return tuple(told)


@transaction.atomic
def start_reconciliation(
    source: Source,
    actor: Actor,
    resources: Sequence[str] = (),
    *,
    is_dry_run: bool = False,
    retry_hours: int | None = None,
    trusts_ids: bool = False,
) -> Load:
    """Start a reconciliation; the workers run it. resources: the lists to compare; all if empty.

    retry_hours: None for what the vendor's module says. Raises LoadRefused and UnfitApiKey.
    """
    names = choose_compared(source, resources)
    load = load_states.start(source, actor, names, trusts_ids=trusts_ids, purpose=Load.Purpose.RECONCILE)
    hours = get_api(source).retry_hours if retry_hours is None else retry_hours
    Reconciliation.objects.create(load=load, is_dry_run=is_dry_run, retry_hours=hours)
    return load


def start_due_reconciliations() -> int:
    """Start those that the schedules of the sources ask for; return how many."""
    count = 0
    for source in due_sources():
        try:
            start_reconciliation(source, SCHEDULE)
            count += 1
        except (LoadRefused, UnfitApiKey):
            # Somebody else has started a load, or the vendor's module has lost its API.
            continue
    return count


def due_sources() -> QuerySet[Source]:
    """Return the sources whose last reconciliation began longer ago than their schedule says."""
    return Source.objects.filter(pk__in=[id for (id,) in fetch_rows(FIND_DUE)])


def newest_reconciliation(source: Source) -> Reconciliation | None:
    """Return the reconciliation of a source that was started last."""
    runs = Reconciliation.objects.filter(load__source=source).select_related("load")
    return runs.order_by("-load_id").first()


def asked_findings(run: Reconciliation) -> QuerySet[Finding]:
    """Return the missing records about which the question is."""
    return Finding.objects.filter(progress__load_id=run.pk, state=Finding.State.ASKED)


def allow_deletions(run: Reconciliation, actor: Actor, count: int) -> None:
    """Let the missing records be deleted, each after the vendor has been asked for it.

    count: how many the question was about, so that nobody allows more than he has read. Raises LoadRefused.
    """
    with transaction.atomic():
        locked = (
            Reconciliation.objects.select_for_update(of=("self",))
            .select_related("load__source")
            .get(pk=run.pk)
        )
        asked = asked_findings(locked)
        if not (found := asked.count()):
            raise LoadRefused("no question is open: nothing waits to be deleted")
        if found != count:
            raise LoadRefused(f"the question is about {found:,} records, not {count:,}: read it again")
        asked.update(state=Finding.State.SUSPECTED)
        Reconciliation.objects.filter(pk=run.pk).update(question="")
        write_audit_entry(
            actor, AuditAction.DELETIONS_ALLOWED, locked.load.source, load=run.pk, records=count
        )
        _reopen(locked.load)


def _reopen(load: Load) -> None:
    """Let a load that has ended go on. Raises LoadRefused if another load of the source is open."""
    try:
        with transaction.atomic():
            Load.objects.filter(pk=load.pk).update(
                state=Load.State.RUNNING, reason="", resume_at=None, finished_at=None, failures=0
            )
    except IntegrityError:
        raise LoadRefused("another load of this source is open: wait for its end, or pause it") from None
