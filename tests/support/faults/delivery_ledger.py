"""What a fault cost: every event that was answered 2xx is looked for, and the mirror is verified."""

import time
from collections import Counter
from collections.abc import Iterable

import psycopg

from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.faults.steady_sender import Delivery, SteadySender
from tests.support.run_summary import COUNTS

SECONDS_TO_APPLY = 30.0
SECONDS_TO_ACCEPT = 10.0
# What a delivery counts as that was not accepted, by its status.
OUTCOMES = {503: "unavailable", 0: "unanswered"}


def find_unapplied(url: str, bodies: Iterable[bytes]) -> dict[bytes, str]:
    """Those of the events that are not applied, with their status; empty for what is not stored."""
    with psycopg.connect(url, connect_timeout=5) as database:
        fates: dict[bytes, str] = dict(database.execute("SELECT body, status FROM events_event"))
    return {body: fates.get(body, "") for body in bodies if fates.get(body) != "applied"}


def assert_nothing_lost(harmed: FaultyMirror, vendor: SteadySender) -> None:
    """What was answered 2xx is applied, by itself; what was not, once the vendor delivers it again;
    and the records are what the events say."""
    lost = await_applied(harmed.database_url, vendor.answered_2xx)
    COUNTS["lost"] += len(lost)
    assert not lost, Counter(lost.values())
    _redeliver(vendor)
    left = await_applied(harmed.database_url, {delivery.body for delivery in vendor.deliveries})
    assert not left, Counter(left.values())
    status, said = harmed.terminal.run("verify_mirror")
    assert (status, "0 rows differ" in said) == (0, True), said


def _redeliver(vendor: SteadySender) -> None:
    """Until all are accepted; each process of the web server finds out by itself what is back."""
    deadline = time.monotonic() + SECONDS_TO_ACCEPT
    while vendor.owed and time.monotonic() < deadline:
        again = vendor.redeliver()
        COUNTS["kept"] += again[200]
        assert set(again) <= {200, 202, 503}, again
    assert not vendor.owed


def count_deliveries(deliveries: Iterable[Delivery]) -> None:
    """A fault's, as far as they were not asked for again."""
    COUNTS["faults"] += 1
    for delivery in deliveries:
        COUNTS["delivered"] += 1
        COUNTS["accepted" if delivery.accepted else OUTCOMES[delivery.status]] += 1


def await_applied(url: str, bodies: set[bytes], seconds: float = SECONDS_TO_APPLY) -> dict[bytes, str]:
    """What is not, by then."""
    left = find_unapplied(url, bodies)
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left = find_unapplied(url, left)
    return left


def make_due(url: str, body: bytes) -> None:
    """As an event that failed, and whose next try is now."""
    with psycopg.connect(url) as database:
        database.execute(
            "UPDATE events_event SET status = 'failed', next_attempt_at = now() WHERE body = %s", [body]
        )
