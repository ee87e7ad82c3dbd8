"""Reconciliations with the vendor's server of the tests, run to their end."""

from events.models import Finding, Load, Reconciliation, Source
from events.processing.drain import drain_backlog
from events.reconciling.reconcile_states import start_reconciliation
from events.reconciling.reconcile_steps import run_reconcile_step
from tests.support.loads import ACTOR, end_wait

# The vendor's clock is ahead, so that what a test has just done is older than a listing's margin.
AHEAD_SECONDS = 3600.0


def run_steps(load: Load) -> Load:
    """Run and apply all steps of a reconciliation, without waiting where it would wait."""
    while (load := _run_due_steps(load)).state == Load.State.PAUSED:
        end_wait(load)
    drain_backlog()
    return load


def reconcile(
    source: Source, *resources: str, retry_hours: int = 0, is_dry_run: bool = False
) -> Reconciliation:
    """Compare these lists with the mirror, and return what it came to."""
    load = start_reconciliation(
        source, ACTOR, resources, is_dry_run=is_dry_run, retry_hours=retry_hours, trusts_ids=True
    )
    run_steps(load)
    return Reconciliation.objects.select_related("load").get(pk=load.pk)


def findings_of(run: Reconciliation) -> dict[str, tuple[str, str]]:
    """Return id -> kind and state of what was found."""
    found = Finding.objects.filter(progress__load_id=run.pk)
    return {one.external_id: (one.kind, one.state) for one in found}


def _run_due_steps(load: Load) -> Load:
    while run_reconcile_step(load.pk):
        pass
    return Load.objects.get(pk=load.pk)
