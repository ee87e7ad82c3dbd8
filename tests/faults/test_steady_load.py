"""A hundred deliveries a second while a worker, the web server, the broker and the database are killed."""

import time

import pytest

from tests.support.faults import delivery_ledger, faulty_mirrors, kill_processes
from tests.support.faults.kill_processes import BROKER, DATABASE, WEB, WORKER
from tests.support.faults.steady_sender import create_vendor
from tests.support.run_summary import EXTRA_LINES

RATE = 100.0
EVENTS = 10_000
SECONDS_BETWEEN = 10.0
SECONDS_AFTER = 5.0
SECONDS_TO_APPLY = 10.0


@pytest.mark.prove
def test_whatever_is_killed_all_that_was_answered_2xx_is_applied_ten_seconds_after_the_last_restart() -> None:
    with faulty_mirrors.run_faulty_mirror() as mirror:
        vendor = create_vendor(mirror, EVENTS)
        kills = (
            lambda: kill_processes.kill_in_a_batch(mirror.programs.find(WORKER), mirror.database_url),
            lambda: mirror.programs.kill(WEB),
            lambda: mirror.servers.kill(BROKER),
            lambda: mirror.servers.kill(DATABASE),
        )
        begun = time.monotonic()
        with vendor.delivering(RATE):
            for kill in kills:
                time.sleep(SECONDS_BETWEEN)
                kill()
            restarted = time.monotonic()
            time.sleep(SECONDS_AFTER)
        delivery_seconds, accepted = time.monotonic() - begun, vendor.answered_2xx
        assert {delivery.status for delivery in vendor.deliveries} <= {0, 202, 503}
        remaining = delivery_ledger.await_applied(
            mirror.database_url, accepted, restarted + SECONDS_TO_APPLY - time.monotonic()
        )
        seconds = time.monotonic() - restarted
        EXTRA_LINES.append(
            f"steady load: {len(vendor.deliveries):,} deliveries in {delivery_seconds:.0f} s,"
            f" {len(accepted):,} answered 2xx, {len(remaining)} lost; all applied {seconds:.1f} s after the"
            f" last restart, in {SECONDS_AFTER:.0f} of which deliveries went on"
        )
        assert not remaining
        delivery_ledger.assert_nothing_lost(mirror, vendor)
