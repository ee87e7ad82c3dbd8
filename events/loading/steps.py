"""The steps of a load: one request each, with what it means for the load if it fails.

A step holds an advisory lock, so that no other process makes the same request; it ends with the process. Its
transaction is open while the vendor answers, and has read nothing that others wait for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from crmmirror.lib.database.cursors import fetch_value
from entities.resource_language import Resource
from events.api_client.api_access import Access
from events.api_client.budget import release_request, reserve_request, settle_request
from events.api_client.problems import (
    Answer,
    ApiProblem,
    CursorRefused,
    KeyRefused,
    Throttled,
    Unavailable,
)
from events.loading import load_states
from events.models import Load, ResourceProgress
from events.processing import wakeups

log = structlog.get_logger(__name__)

# Any number that no other program locks in this database; the second number of the lock is the load's.
LOCK_KEY = 0x4352_4D4C
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s, %s)"
# Back-off after failures in a row: seconds; the last one is used again.
BACK_OFF_SECONDS = (5, 15, 60, 300, 900, 3600)
# A day or so. Then somebody has to look.
MAX_FAILURES = 30
# How often a list may be begun again because its cursor was refused, before somebody has to look.
MAX_LISTINGS = 5


@dataclass(frozen=True)
class Step:
    """The next step of a load: a page of a list."""

    load: Load
    progress: ResourceProgress
    access: Access
    resource: Resource


def run_request(step: Step, run: Callable[[Step], Answer | None]) -> bool:
    """Run a request that counts against the budget; return True if the load may go on at once.

    run: returns None if no request was needed.

    Raises BudgetSpent. The budget is noted before and after the transaction, so that others see it.
    """
    reservation = reserve_request(step.access.key_digest, step.access.api)
    is_sent, answer = False, None
    try:
        with transaction.atomic():
            if not fetch_value(TRY_LOCK, LOCK_KEY, step.load.pk) or _has_moved(step.progress):
                return False
            is_sent = True
            try:
                answer = run(step)
            except ApiProblem as problem:
                answer = problem.answer
                return handle_problem(step, problem)
        wakeups.wake()
        return True
    finally:
        if is_sent:
            settle_request(reservation, step.access.api, answer)
        else:
            release_request(reservation)


def _has_moved(progress: ResourceProgress) -> bool:
    """Return True if another process has run this page since it was looked up."""
    fields = ("state", "cursor", "page", "listing")
    held = ResourceProgress.objects.values_list(*fields).get(pk=progress.pk)
    return held != tuple(getattr(progress, name) for name in fields)


def handle_problem(step: Step, problem: ApiProblem) -> bool:
    """Write down what a problem means for the load; return True if another step may be run at once."""
    load, progress = step.load, step.progress
    log.info("load_problem", load=load.pk, list=progress.resource, problem=type(problem).__name__)
    if isinstance(problem, KeyRefused):
        load_states.stop(load, problem)
        return False
    if isinstance(problem, Throttled):
        seconds = problem.seconds if problem.seconds is not None else step.access.api.seconds
        load_states.wait_until(load, str(problem), datetime.now(UTC) + timedelta(seconds=seconds))
        return False
    if isinstance(problem, Unavailable):
        _wait_after_failure(load, problem)
        return False
    if isinstance(problem, CursorRefused) and progress.listing + 1 < MAX_LISTINGS:
        progress_rows = ResourceProgress.objects.filter(pk=progress.pk)
        progress_rows.update(cursor="", page=0, listing=F("listing") + 1)
        return True
    _stop_list(progress, problem)
    return True


def _wait_after_failure(load: Load, problem: ApiProblem) -> None:
    if load.failures + 1 >= MAX_FAILURES:
        load_states.stop(load, f"{problem} It was tried {MAX_FAILURES} times. Resume the load later.")
        return
    pause = BACK_OFF_SECONDS[min(load.failures, len(BACK_OFF_SECONDS) - 1)]
    Load.objects.filter(pk=load.pk).update(failures=F("failures") + 1)
    load_states.wait_until(load, str(problem), datetime.now(UTC) + timedelta(seconds=pause))


def _stop_list(progress: ResourceProgress, problem: ApiProblem) -> None:
    ResourceProgress.objects.filter(pk=progress.pk).update(
        state=ResourceProgress.State.STOPPED, reason=str(problem), finished_at=Now()
    )
