"""Whatever is away, slow or killed while a vendor delivers: what it is answered meanwhile, how fast, and
that nothing answered 2xx is lost.

One mirror undergoes it all, on a disk of its own.
"""

import time
from collections.abc import Iterator

import pytest

from tests.faults import account, harm, mirrors, ordeal
from tests.faults.mirrors import Harmed
from tests.faults.ordeal import Fault
from tests.faults.vendor import Vendor, vendor_of

EVENTS = 3_000
STORED, REFUSED, NO_ANSWER = 202, 503, 0


@pytest.fixture(scope="module")
def harmed() -> Iterator[Harmed]:
    with mirrors.harmed() as harmed:
        yield harmed


@pytest.fixture(scope="module")
def vendor(harmed: Harmed) -> Vendor:
    return vendor_of(harmed, EVENTS)


FAULTS = (
    Fault(harm.database_refuses, 3.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(harm.database_drops, 0, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(harm.database_hangs, 5.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(harm.database_is_slow, 1, shows=STORED, answers={STORED}),
    Fault(harm.database_is_killed, 0, shows=None, answers={STORED, REFUSED}),
    Fault(harm.broker_refuses, 1.5, shows=STORED, answers={STORED}, within=2),
    Fault(harm.broker_is_silent_and_cut, 3, shows=STORED, answers={STORED}, within=2),
    Fault(harm.broker_is_killed, 0.5, shows=STORED, answers={STORED}, within=2),
    Fault(harm.workers_are_killed, 0, shows=STORED, answers={STORED}),
    Fault(harm.web_server_is_killed, 0, shows=NO_ANSWER, answers={STORED, NO_ANSWER}),
)
OTHER_ENDS = (
    Fault(harm.database_hangs_and_is_cut, 5.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(harm.broker_is_silent, 3, shows=STORED, answers={STORED}, within=2),
)
FULL = (
    Fault(harm.disk_is_full, 1.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(harm.disk_is_full_and_the_log_used_up, 1.5, shows=REFUSED, answers={STORED, REFUSED}),
)


@pytest.mark.parametrize(
    "fault", [*FAULTS, *(pytest.param(fault, marks=pytest.mark.prove) for fault in OTHER_ENDS)], ids=str
)
def test_nothing_answered_2xx_is_lost_when(fault: Fault, harmed: Harmed, vendor: Vendor) -> None:
    ordeal.undergo(fault, harmed, vendor)


def test_without_beat_wake_ups_apply_and_what_waits_for_a_sweep_is_applied_when_beat_is_back(
    harmed: Harmed, vendor: Vendor
) -> None:
    first = len(vendor.deliveries)
    with harm.beat_is_gone(harmed):
        with vendor.delivering(ordeal.RATE):
            time.sleep(1)
        deliveries = vendor.deliveries[first:]
        account.count(deliveries)
        assert {delivery.status for delivery in deliveries} == {STORED}
        assert not account.await_applied(harmed.database_url, {delivery.body for delivery in deliveries})
        due = deliveries[0].body
        account.make_due(harmed.database_url, due)
        time.sleep(3)
        assert account.unapplied(harmed.database_url, {due}) == {due: "failed"}
    account.settle(harmed, vendor)


@pytest.mark.parametrize("fault", FULL, ids=str)
def test_nothing_answered_2xx_is_lost_although_the(fault: Fault, harmed: Harmed, vendor: Vendor) -> None:
    if harmed.disk is None:
        pytest.skip("mounting a small disk takes root, and a machine that lets it")
    ordeal.undergo(fault, harmed, vendor)
