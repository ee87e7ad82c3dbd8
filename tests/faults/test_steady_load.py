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
    with faulty_mirrors.run_faulty_mirror() as harmed:
        vendor = create_vendor(harmed, EVENTS)
        kills = (
            lambda: kill_processes.kill_in_a_batch(harmed.programs.find(WORKER), harmed.database_url),
            lambda: harmed.programs.kill(WEB),
            lambda: harmed.servers.kill(BROKER),
            lambda: harmed.servers.kill(DATABASE),
        )
        begun = time.monotonic()
        with vendor.delivering(RATE):
            for kill in kills:
                time.sleep(SECONDS_BETWEEN)
                kill()
            restarted = time.monotonic()
            time.sleep(SECONDS_AFTER)
        delivered, accepted = time.monotonic() - begun, vendor.answered_2xx
        assert {delivery.status for delivery in vendor.deliveries} <= {0, 202, 503}
        left = delivery_ledger.await_applied(
            harmed.database_url, accepted, restarted + SECONDS_TO_APPLY - time.monotonic()
        )
        seconds = time.monotonic() - restarted
        EXTRA_LINES.append(
            f"steady load: {len(vendor.deliveries):,} deliveries in {delivered:.0f} s,"
            f" {len(accepted):,} answered 2xx, {len(left)} lost; all applied {seconds:.1f} s after the last"
            f" restart, in {SECONDS_AFTER:.0f} of which deliveries went on"
        )
        assert not left
        delivery_ledger.assert_nothing_lost(harmed, vendor)
