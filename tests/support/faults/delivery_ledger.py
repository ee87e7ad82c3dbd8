"""Checks after a fault: every event that was answered 2xx is applied, and the mirror is verified."""

import time
from collections import Counter
from collections.abc import Iterable

import psycopg

from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.faults.steady_sender import Delivery, SteadySender
from tests.support.run_summary import COUNTS

SECONDS_TO_APPLY = 30.0
SECONDS_TO_ACCEPT = 10.0
# The status of a delivery that was not accepted -> the count of the run's summary.
OUTCOMES = {503: "unavailable", 0: "unanswered"}


def find_unapplied(url: str, bodies: Iterable[bytes]) -> dict[bytes, str]:
    """Return the bodies whose events are not applied, with their status; an empty one if it is not stored."""
    with psycopg.connect(url, connect_timeout=5) as database:
        statuses: dict[bytes, str] = dict(database.execute("SELECT body, status FROM events_event"))
    return {body: statuses.get(body, "") for body in bodies if statuses.get(body) != "applied"}


def assert_nothing_lost(mirror: FaultyMirror, vendor: SteadySender) -> None:
    """Fail unless every event is applied, and the records are what the events say.

    Events that were answered 2xx must be applied by themselves, the others after they are delivered again.
    """
    lost = await_applied(mirror.database_url, vendor.answered_2xx)
    COUNTS["lost"] += len(lost)
    assert not lost, Counter(lost.values())
    _redeliver(vendor)
    remaining = await_applied(mirror.database_url, {delivery.body for delivery in vendor.deliveries})
    assert not remaining, Counter(remaining.values())
    status, output = mirror.terminal.run("verify_mirror")
    assert (status, "0 rows differ" in output) == (0, True), output


def _redeliver(vendor: SteadySender) -> None:
    """Deliver again until all are accepted: each process of the web server has its own circuit breaker."""
    deadline = time.monotonic() + SECONDS_TO_ACCEPT
    while vendor.unaccepted and time.monotonic() < deadline:
        statuses = vendor.redeliver()
        COUNTS["kept"] += statuses[200]
        assert set(statuses) <= {200, 202, 503}, statuses
    assert not vendor.unaccepted


def count_deliveries(deliveries: Iterable[Delivery]) -> None:
    """Count the first deliveries of each event during a fault."""
    COUNTS["faults"] += 1
    for delivery in deliveries:
        COUNTS["delivered"] += 1
        COUNTS["accepted" if delivery.accepted else OUTCOMES[delivery.status]] += 1


def await_applied(url: str, bodies: set[bytes], seconds: float = SECONDS_TO_APPLY) -> dict[bytes, str]:
    """Wait until all are applied; return those that are not after so many seconds."""
    remaining = find_unapplied(url, bodies)
    deadline = time.monotonic() + seconds
    while remaining and time.monotonic() < deadline:
        time.sleep(0.2)
        remaining = find_unapplied(url, remaining)
    return remaining


def make_due(url: str, body: bytes) -> None:
    """Make an event one that failed, and whose next attempt is due."""
    with psycopg.connect(url) as database:
        database.execute(
            "UPDATE events_event SET status = 'failed', next_attempt_at = now() WHERE body = %s", [body]
        )
