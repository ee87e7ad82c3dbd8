"""Runs one fault while a vendor delivers, and checks the answers and what becomes of the events."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.support.faults import delivery_ledger
from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.faults.steady_sender import Delivery, SteadySender
from tests.support.running_mirror import wait_until

RATE = 20.0
LEAD_IN_SECONDS = 0.5
SECONDS_TO_COME_BACK = 30.0


@dataclass(frozen=True)
class Fault:
    """A fault and the answers that it may cause.

    inject: the context in which the mirror has the fault.
    seconds: how long the fault lasts after it has begun.
    shows: a status that at least one delivery gets meanwhile, 0 for no answer; None if it depends on chance.
    answers: all statuses that deliveries may get.
    max_seconds: how long an answer may take.
    """

    inject: Callable[[FaultyMirror], AbstractContextManager[None]]
    seconds: float
    shows: int | None
    answers: set[int]
    max_seconds: float = 8.0

    def __str__(self) -> str:
        return self.inject.__name__


def run_fault(fault: Fault, mirror: FaultyMirror, vendor: SteadySender) -> None:
    """Deliver while the fault lasts and until deliveries are accepted again; then check all of it."""
    first = len(vendor.deliveries)
    with vendor.delivering(RATE):
        time.sleep(LEAD_IN_SECONDS)
        begun = time.monotonic()
        with fault.inject(mirror):
            time.sleep(fault.seconds)
        ended = time.monotonic()
        wait_until(lambda: vendor.accepted_since(ended), SECONDS_TO_COME_BACK)
    deliveries = vendor.deliveries[first:]
    delivery_ledger.count_deliveries(deliveries)
    assert vendor.accepted_since(ended)
    delivery_ledger.assert_nothing_lost(mirror, vendor)
    meanwhile = [delivery for delivery in deliveries if begun <= delivery.begun < ended]
    assert fault.shows is None or fault.shows in {delivery.status for delivery in meanwhile}
    check_answers(deliveries, fault)


def check_answers(deliveries: list[Delivery], fault: Fault) -> None:
    assert {delivery.status for delivery in deliveries} <= fault.answers
    assert all(int(delivery.retry_after) > 0 for delivery in deliveries if delivery.status == 503)
    assert max(delivery.seconds for delivery in deliveries) < fault.max_seconds
