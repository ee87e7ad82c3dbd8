"""The readiness checks: what the mirror needs, and what to do if it is missing. No result shows a secret."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.db import connection

from crmmirror.health.single_flight import SingleFlight
from crmmirror.lib.database.cursors import fetch_value
from crmmirror.lib.database.required_migrations import find_missing_migrations
from crmmirror.readers.replica_state import replica_monitor
from entities.vendors import find_vendor_problem
from events.models import Source
from events.monitoring.mirror_state import describe_malformed_runs
from events.processing.wakeups import check_broker_takes_messages
from events.reports.overview import oldest_pending_age
from events.sources.readable_secrets import REMEDY, describe, find_unreadable_needed

# The time for all checks together, as they run at the same time.
CHECK_SECONDS = 1
# Bounds for a check that anybody may ask for: what it looks at, and what it names.
MAX_CHECKED_SECRETS = 1000
MAX_CHECKED_VENDORS = 100
MAX_NAMED = 5


class NotReady(Exception):
    """A check's service answers, but its state is not as it should be; the message says what is wrong."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check, with the fields that /readyz shows.

    state: "ok", "failed", or "unknown" if another check that it requires has failed.
    do: what a person can do about it.
    """

    state: str
    detail: str
    do: str = ""

    @property
    def is_ok(self) -> bool:
        return self.state == "ok"


@dataclass(frozen=True)
class Check:
    """A readiness check.

    probe: returns a detail, or raises if the check fails. remedy: what a person can do about a failure.
    requires: the name of the check without which this one cannot tell anything; empty if there is none.
    """

    probe: SingleFlight[str]
    remedy: str
    requires: str = ""


def close_connection_afterwards(probe: Callable[[], str]) -> Callable[[], str]:
    """Decorate a probe that uses the database: its thread has its own connection, which must not leak."""

    @wraps(probe)
    def probe_and_close() -> str:
        try:
            return probe()
        finally:
            connection.close()

    return probe_and_close


@close_connection_afterwards
def check_database() -> str:
    """Raise an error if the database does not run a statement, NotReady if it takes no changes."""
    if fetch_value("SELECT current_setting('transaction_read_only')::boolean"):
        raise NotReady("is read-only: deliveries are answered 503, and events wait")
    return "answers"


def check_broker() -> str:
    """Raise an error if the broker takes no message: it is away, read-only or out of memory."""
    check_broker_takes_messages()
    return "takes messages"


@close_connection_afterwards
def check_migrations() -> str:
    """Raise NotReady if a migration of the code is not in the database."""
    missing = len(find_missing_migrations())
    if missing:
        raise NotReady(f"{missing} not applied")
    return "all applied"


@close_connection_afterwards
def check_backlog() -> str:
    """Raise NotReady if the oldest pending event has waited longer than READY_MAX_PENDING_SECONDS."""
    age = oldest_pending_age()
    limit = settings.READY_MAX_PENDING_SECONDS
    seconds = int(age.total_seconds()) if age else 0
    detail = f"the oldest pending event has waited {seconds} s" if age else "no event waits"
    if limit and seconds > limit:
        raise NotReady(f"{detail}, the limit is {limit} s")
    return detail


@close_connection_afterwards
def check_secrets() -> str:
    """Raise NotReady if this process cannot decrypt a secret of deliveries, or an API key."""
    unreadable = find_unreadable_needed(MAX_CHECKED_SECRETS)
    if unreadable:
        more = f", and {len(unreadable) - MAX_NAMED} more" if len(unreadable) > MAX_NAMED else ""
        raise NotReady(f"none of ENCRYPTION_KEYS decrypts {describe(unreadable[:MAX_NAMED])}{more}")
    return "all can be decrypted"


@close_connection_afterwards
def check_vendors() -> str:
    """Raise NotReady if this process has no module, or an outdated one, of an active source's vendor."""
    vendors = Source.objects.filter(active=True).order_by("vendor").values_list("vendor", flat=True)
    problems = list(filter(None, map(find_vendor_problem, vendors.distinct()[:MAX_CHECKED_VENDORS])))
    if problems:
        raise NotReady(f"this process {'; '.join(problems[:MAX_NAMED])}")
    return "all known"


@close_connection_afterwards
def check_bodies() -> str:
    """Return which sources send only what their vendor's module cannot read.

    It does not fail: the bytes are kept, the other sources are served, and a rollout that mends the module
    must not wait for the next delivery.
    """
    runs = describe_malformed_runs()
    more = f"; and {len(runs) - MAX_NAMED} more" if len(runs) > MAX_NAMED else ""
    return "; ".join(runs[:MAX_NAMED]) + more if runs else "no source sends only malformed ones"


@close_connection_afterwards
def check_replica() -> str:
    """Return how the replica is. It does not fail: without one, reads go to the primary."""
    return replica_monitor.read_state().detail


CHECKS = {
    "database": Check(
        SingleFlight(check_database),
        "See that PostgreSQL runs and that DATABASE_URL leads to it: to the primary, which takes changes, "
        "and not to a standby.",
    ),
    "broker": Check(
        SingleFlight(check_broker),
        "See that the broker runs, that BROKER_URL leads to it, and that it takes messages: it must be no "
        "read-only replica, and have memory left. Events are stored meanwhile, and applied once it is back.",
    ),
    "migrations": Check(SingleFlight(check_migrations), "Run manage.py migrate.", requires="database"),
    "secrets": Check(SingleFlight(check_secrets), REMEDY, requires="migrations"),
    "vendors": Check(
        SingleFlight(check_vendors),
        "Restart the web processes and the workers, after each change in entities/vendors. If the module is "
        "gone, bring it back, or make the vendor's sources inactive.",
        requires="migrations",
    ),
    "backlog": Check(
        SingleFlight(check_backlog),
        "See that workers and beat run and keep up (celery --app crmmirror worker --without-gossip "
        "--without-mingle; celery --app crmmirror beat); manage.py apply_events helps out.",
        requires="database",
    ),
    "bodies": Check(
        SingleFlight(check_bodies), "See that the database answers in time.", requires="migrations"
    ),
}
if settings.REPLICA_URL:
    CHECKS["replica"] = Check(
        SingleFlight(check_replica),
        "See that the replica runs and that REPLICA_URL leads to it. Reads go to the primary meanwhile.",
        requires="database",
    )


def run_checks() -> dict[str, CheckResult]:
    """Run all checks at the same time, for CHECK_SECONDS at most; return the results by name."""
    futures = {name: check.probe.start() for name, check in CHECKS.items()}
    wait(futures.values(), CHECK_SECONDS)
    results = {name: _make_result(future, CHECKS[name]) for name, future in futures.items()}
    unknown = {
        name: CheckResult("unknown", f"needs the {check.requires}")
        for name, check in CHECKS.items()
        if check.requires and not results[check.requires].is_ok
    }
    return results | unknown


def _make_result(future: Future[str], check: Check) -> CheckResult:
    if not future.done():
        return CheckResult("failed", f"no answer within {CHECK_SECONDS} s", check.remedy)
    error = future.exception()
    if error is None:
        return CheckResult("ok", future.result())
    # Only the class of any other error is shown: its text may contain an address or a user's name.
    detail = str(error) if isinstance(error, NotReady) else type(error).__name__
    return CheckResult("failed", detail, check.remedy)
