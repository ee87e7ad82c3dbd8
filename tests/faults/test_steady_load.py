"""A hundred deliveries a second while a worker, the web server, the broker and the database are killed."""

import time
from collections.abc import Callable

import pytest

from tests.faults import account, killing, mirrors
from tests.faults.conftest import LINES
from tests.faults.mirrors import Supervised
from tests.faults.vendor import vendor_of

RATE = 100.0
SECONDS_BETWEEN = 10.0
SECONDS_AFTER = 5.0
SECONDS_TO_APPLY = 10.0


def a_worker(supervised: Supervised) -> None:
    killing.kill_the_worker_in_a_batch(supervised.mirror, supervised.database_url)


def of(word: str) -> Callable[[Supervised], None]:
    return lambda supervised: killing.kill_and_await_restart(supervised.mirror, word)


@pytest.mark.prove
def test_whatever_is_killed_all_that_was_answered_2xx_is_applied_ten_seconds_after_the_last_restart() -> None:
    with mirrors.supervised() as supervised:
        vendor = vendor_of(supervised.mirror)
        begun = time.monotonic()
        with vendor.delivering(RATE):
            for kill in (a_worker, of(killing.WEB), of(killing.BROKER), of(killing.DATABASE)):
                time.sleep(SECONDS_BETWEEN)
                kill(supervised)
            restarted = time.monotonic()
            time.sleep(SECONDS_AFTER)
        delivered, accepted = time.monotonic() - begun, vendor.answered_2xx
        assert {delivery.status for delivery in vendor.deliveries} <= {0, 202, 503}
        left = account.await_applied(
            supervised.database_url, accepted, restarted + SECONDS_TO_APPLY - time.monotonic()
        )
        seconds = time.monotonic() - restarted
        LINES.append(
            f"steady load: {len(vendor.deliveries):,} deliveries in {delivered:.0f} s,"
            f" {len(accepted):,} answered 2xx, {len(left)} lost; all applied {seconds:.1f} s after the last"
            f" restart, in {SECONDS_AFTER:.0f} of which deliveries went on"
        )
        assert not left
        account.settle(supervised.mirror, vendor, supervised.database_url)
