"""What the mirror needs to be ready, and what to do about each thing that is missing. Names no secret."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass
from functools import wraps

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from crmmirror.health.single_flight import SingleFlight
from events.reports.overview import oldest_pending_age

CHECK_SECONDS = 1


class NotReady(Exception):
    """What was looked at is there, and not as it should be; the message says how."""


@dataclass(frozen=True)
class Finding:
    """state: "ok", "failed", or "unknown" where what the check needs has failed. do: what mends it."""

    state: str
    detail: str
    do: str = ""


OK = Finding("ok", "")


@dataclass(frozen=True)
class Check:
    """look: returns a detail; raises where it fails. needs: the check without which this one is blind."""

    look: SingleFlight[str]
    remedy: str
    needs: str = ""


def closes_connection(look: Callable[[], str]) -> Callable[[], str]:
    """A thread's connection is its own, and goes back to the pool with it."""

    @wraps(look)
    def looked() -> str:
        try:
            return look()
        finally:
            connection.close()

    return looked


@closes_connection
def check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


def check_broker() -> str:
    with closing(current_app.connection_for_write()) as broker:
        broker.ensure_connection(max_retries=0, timeout=CHECK_SECONDS)
    return "answers"


@closes_connection
def check_migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        raise NotReady(f"{missing} not applied")
    return "all applied"


@closes_connection
def check_backlog() -> str:
    age = oldest_pending_age()
    limit = settings.READY_MAX_PENDING_SECONDS
    seconds = int(age.total_seconds()) if age else 0
    detail = f"the oldest pending event has waited {seconds} s" if age else "no event waits"
    if limit and seconds > limit:
        raise NotReady(f"{detail}, the limit is {limit} s")
    return detail


CHECKS = {
    "database": Check(
        SingleFlight(check_database), "See that PostgreSQL runs and that DATABASE_URL leads to it."
    ),
    "broker": Check(
        SingleFlight(check_broker),
        "See that the broker runs and that BROKER_URL leads to it. Events are stored meanwhile, and "
        "applied once it is back.",
    ),
    "migrations": Check(SingleFlight(check_migrations), "Run manage.py migrate.", needs="database"),
    "backlog": Check(
        SingleFlight(check_backlog),
        "See that workers and beat run and keep up (celery --app crmmirror worker, beat); manage.py "
        "apply_events helps out.",
        needs="database",
    ),
}


def run_checks() -> dict[str, Finding]:
    """By name; all looks at once, for SECONDS at most."""
    looks = {name: check.look.begin() for name, check in CHECKS.items()}
    wait(looks.values(), CHECK_SECONDS)
    found = {name: _found(look, CHECKS[name]) for name, look in looks.items()}
    blind = {
        name: check.needs for name, check in CHECKS.items() if found.get(check.needs, OK).state != OK.state
    }
    return found | {name: Finding("unknown", f"needs the {needed}") for name, needed in blind.items()}


def _found(look: Future[str], check: Check) -> Finding:
    if not look.done():
        return Finding("failed", f"no answer within {CHECK_SECONDS} s", check.remedy)
    error = look.exception()
    if error is None:
        return Finding("ok", look.result())
    # The text of another error may hold an address or a name.
    return Finding(
        "failed", str(error) if isinstance(error, NotReady) else type(error).__name__, check.remedy
    )
