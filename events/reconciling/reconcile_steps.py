"""Runs a reconciliation, one step after the other: pages of its lists, then what they lack, one by one."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from entities.vendors import UnusableVendor
from events.api_client.api_access import open_access
from events.api_client.budget import BudgetSpent
from events.loading import load_states
from events.loading.run import Way, run_page
from events.loading.steps import Step, run_request
from events.models import ApiAccess, Event, Finding, Load, Reconciliation, ResourceProgress
from events.processing.drain import drain_backlog
from events.reconciling.compare_rows import compare_rows
from events.reconciling.confirm_gone import confirm_next
from events.reconciling.missing_records import note_missing
from events.sources.api_keys import UnfitApiKey, get_api
from events.sources.encryption import NoEncryptionKey

# For how long a step applies what is pending before it compares.
MAX_DRAIN_SECONDS = 5.0
PENDING_PAUSE = timedelta(seconds=2)


def run_reconcile_step(load_id: int) -> bool:
    """Run the next step of a reconciliation, if it is due; return True if another one may be run at once.

    Not in a transaction. Raises django.db.Error; then nothing of the step was stored.
    """
    due = load_states.due_loads().filter(purpose=Load.Purpose.RECONCILE)
    load = due.select_related("source__api_access", "reconciliation").filter(pk=load_id).first()
    if load is None:
        return False
    if load.reconciliation.compared_at is not None:
        return _confirm(load)
    if _has_unapplied(load):
        reason = "Events that have arrived are applied first."
        load_states.wait_until(load, reason, datetime.now(UTC) + PENDING_PAUSE)
        return False
    return run_page(load_id, RECONCILING)


def _has_unapplied(load: Load) -> bool:
    """Apply what has arrived; return True if something of it is still pending.

    What a webhook has said already would count as missed otherwise.
    """
    events = Event.objects.filter(source_id=load.source_id)
    newest = events.order_by("-id").values_list("id", flat=True).first() or 0
    drain_backlog(MAX_DRAIN_SECONDS)
    pending = events.filter(status=Event.Status.PENDING, next_attempt_at=None, id__lte=newest)
    return pending.exists()


def _end_lists(load: Load) -> bool:
    """Look for what the lists lack, if all of them are complete; return True if the load goes on.

    A list that was refused says that the rights have changed: then nothing is taken for deleted.
    """
    if load.progress.exclude(state=ResourceProgress.State.DONE).exists():
        load_states.finish(load)
        return False
    with transaction.atomic():
        run = (
            Reconciliation.objects.select_for_update(of=("self",))
            .select_related("load__source")
            .get(pk=load.pk)
        )
        if run.compared_at is None:
            api = get_api(load.source)
            resources = [
                (one, api.find_resource(one.resource)) for one in load.progress.select_related("load__source")
            ]
            questions = [note_missing(run, one, api, resource) for one, resource in resources if resource]
            run.question = "" if run.is_dry_run else "\n".join(filter(None, questions))
            run.compared_at = datetime.now(UTC)
            run.save()
    return True


RECONCILING = Way(Load.Purpose.RECONCILE, compare_rows, _end_lists)


def _confirm(load: Load) -> bool:
    """Ask for the next record that the lists lack; end the load if there is none.

    A list that has stopped is not gone on with: its next question would have the same answer.
    """
    suspected = Finding.objects.filter(progress__load=load, state=Finding.State.SUSPECTED)
    asked = suspected.exclude(progress__state=ResourceProgress.State.STOPPED)
    finding = asked.select_related("progress").order_by("id").first()
    if finding is None:
        load_states.finish(load)
        return False
    try:
        access = open_access(load.source.api_access)
        resource = access.api.find_resource(finding.progress.resource)
        if resource is None:
            raise UnfitApiKey(f"the vendor's module has no list {finding.progress.resource!r} any more")
        return run_request(Step(load, finding.progress, access, resource), confirm_next)
    except (UnfitApiKey, NoEncryptionKey, UnusableVendor, ApiAccess.DoesNotExist) as error:
        load_states.stop(load, f"{error}".rstrip(".") + ".")
    except BudgetSpent as spent:
        load_states.wait_until(load, str(spent), spent.until)
    return False
