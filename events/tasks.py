"""The Celery tasks. They have no arguments: all work is in the database, so a lost task loses nothing."""

import time
from collections.abc import Callable

from celery import shared_task
from django.db import Error

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.database.required_migrations import MigrationsMissing, required_migrations
from crmmirror.lib.database.transient_errors import is_transient
from entities.feed.numbering import number_changes
from events.loading.load_states import due_loads
from events.loading.run import run_page
from events.models import Load
from events.privacy.extension import extend_erasures
from events.processing.drain import drain_backlog, has_pending_events
from events.processing.migration_report import MigrationReport
from events.processing.outcomes import requeue_due_events
from events.processing.wakeups import wake_now
from events.pruning.prune import PruningLocked, prune_events
from events.reconciling.reconcile_states import start_due_reconciliations
from events.reconciling.reconcile_steps import run_reconcile_step

# A task ends after this time, so that a worker can stop between two tasks.
MAX_TASK_SECONDS = 5.0
# The purpose of a load -> what runs its next step.
STEPS = {Load.Purpose.LOAD: run_page, Load.Purpose.RECONCILE: run_reconcile_step}

database_circuit = CircuitBreaker("database")
migration_report = MigrationReport()


@shared_task(name="events.tasks.drain")
def drain() -> int:
    """Drain the backlog for MAX_TASK_SECONDS; return how many events it settled.

    If events are left then, wake a worker again.
    """
    return _run_if_database_ready(_drain)


@shared_task(name="events.tasks.sweep")
def sweep() -> int:
    """Requeue failed events whose next attempt is due, drain the backlog, and number the changes that have no
    number yet; return how many events it settled.

    Beat runs it every few seconds. It also finds events whose wake-up was lost.
    """
    return _run_if_database_ready(_sweep)


@shared_task(name="events.tasks.prune")
def prune() -> int:
    """Prune events for MAX_TASK_SECONDS; return how many were pruned. The next run goes on."""
    return _run_if_database_ready(_prune)


@shared_task(name="events.tasks.load")
def load() -> int:
    """Run pages of the loads that are due for MAX_TASK_SECONDS; return how many. The next run goes on.

    Each page is a transaction of its own. Beat runs it every few seconds, and so also wakes loads that wait.
    """
    return _run_if_database_ready(_load)


def _load() -> int:
    deadline = time.monotonic() + MAX_TASK_SECONDS
    page_count = 0
    start_due_reconciliations()
    for load_id, purpose in due_loads().values_list("id", "purpose"):
        while time.monotonic() < deadline and STEPS[Load.Purpose(purpose)](load_id):
            page_count += 1
    return page_count


def _prune() -> int:
    try:
        return prune_events(seconds=MAX_TASK_SECONDS).pruned
    except PruningLocked:
        return 0


def _drain() -> int:
    began = time.monotonic()
    settled_count = drain_backlog(MAX_TASK_SECONDS)
    # What others hold is theirs, and what comes now has a wake-up of its own.
    if time.monotonic() - began >= MAX_TASK_SECONDS and has_pending_events():
        wake_now()
    return settled_count


def _sweep() -> int:
    requeue_due_events()
    settled_count = _drain()
    # What tells of another record of somebody who was erased.
    settled_count += extend_erasures()
    # What a worker that was killed, or a rebuild, has committed and not numbered.
    number_changes()
    return settled_count


def _run_if_database_ready(work: Callable[[], int]) -> int:
    """Return what the work returns; 0 if the database is away, or lacks a migration of this process's code.

    The next sweep does the work then. Without this, new code would fail the events that need a new column.

    The error must not leave the task. A task that fails sends its traceback to Celery's main process, which
    stops reading it half-way if it loses the broker just then (celery 5.7), and never gives that worker a
    task again.
    """
    try:
        with required_migrations.require():
            done_count = work()
    except MigrationsMissing as missing:
        migration_report.note_wait(missing)
        return 0
    except Error as error:
        if not is_transient(error):
            raise
        database_circuit.record_failure(error)
        return 0
    database_circuit.record_success()
    migration_report.note_end()
    return done_count
