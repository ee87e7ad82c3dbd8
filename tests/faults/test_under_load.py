"""Faults while a vendor delivers: which answers come, how fast, and that no accepted event is lost.

One mirror has all the faults in turn, on a disk of its own.
"""

import time
from collections.abc import Iterator

import pytest

from tests.support.faults import delivery_ledger, fault_run, faulty_mirrors, injections
from tests.support.faults.fault_run import Fault
from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.faults.steady_sender import SteadySender, create_vendor

EVENTS = 3_000
STORED, REFUSED, NO_ANSWER = 202, 503, 0


@pytest.fixture(scope="module")
def mirror() -> Iterator[FaultyMirror]:
    with faulty_mirrors.run_faulty_mirror() as mirror:
        yield mirror


@pytest.fixture(scope="module")
def vendor(mirror: FaultyMirror) -> SteadySender:
    return create_vendor(mirror, EVENTS)


FAULTS = (
    Fault(injections.database_refuses, 3.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(injections.database_drops, 0, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(injections.database_hangs, 5.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(injections.database_is_slow, 1, shows=STORED, answers={STORED}),
    Fault(injections.database_is_killed, 0, shows=None, answers={STORED, REFUSED}),
    Fault(injections.broker_refuses, 1.5, shows=STORED, answers={STORED}, max_seconds=2),
    Fault(injections.broker_is_silent_and_cut, 3, shows=STORED, answers={STORED}, max_seconds=2),
    Fault(injections.broker_is_killed, 0.5, shows=STORED, answers={STORED}, max_seconds=2),
    Fault(injections.broker_is_read_only, 1.5, shows=STORED, answers={STORED}, max_seconds=2),
    Fault(injections.broker_is_out_of_memory, 1.5, shows=STORED, answers={STORED}, max_seconds=2),
    Fault(injections.workers_are_killed, 0, shows=STORED, answers={STORED}),
    Fault(injections.web_server_is_killed, 0, shows=NO_ANSWER, answers={STORED, NO_ANSWER}),
)
OTHER_ENDS = (
    Fault(injections.database_hangs_and_is_cut, 5.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(injections.broker_is_silent, 3, shows=STORED, answers={STORED}, max_seconds=2),
)
FULL = (
    Fault(injections.disk_is_full, 1.5, shows=REFUSED, answers={STORED, REFUSED}),
    Fault(injections.disk_is_full_and_the_log_used_up, 1.5, shows=REFUSED, answers={STORED, REFUSED}),
)


@pytest.mark.parametrize(
    "fault", [*FAULTS, *(pytest.param(fault, marks=pytest.mark.prove) for fault in OTHER_ENDS)], ids=str
)
def test_nothing_answered_2xx_is_lost_when(fault: Fault, mirror: FaultyMirror, vendor: SteadySender) -> None:
    fault_run.run_fault(fault, mirror, vendor)


def test_without_beat_new_events_are_applied_and_due_ones_as_soon_as_beat_is_back(
    mirror: FaultyMirror, vendor: SteadySender
) -> None:
    first = len(vendor.deliveries)
    with injections.beat_is_gone(mirror):
        with vendor.delivering(fault_run.RATE):
            time.sleep(1)
        deliveries = vendor.deliveries[first:]
        delivery_ledger.count_deliveries(deliveries)
        assert {delivery.status for delivery in deliveries} == {STORED}
        assert not delivery_ledger.await_applied(
            mirror.database_url, {delivery.body for delivery in deliveries}
        )
        due = deliveries[0].body
        delivery_ledger.make_due(mirror.database_url, due)
        time.sleep(3)
        assert delivery_ledger.find_unapplied(mirror.database_url, {due}) == {due: "failed"}
    delivery_ledger.assert_nothing_lost(mirror, vendor)


@pytest.mark.parametrize("fault", FULL, ids=str)
def test_nothing_answered_2xx_is_lost_although_the(
    fault: Fault, mirror: FaultyMirror, vendor: SteadySender
) -> None:
    if mirror.disk is None:
        pytest.skip("mounting a small disk needs root, and a machine that allows it")
    fault_run.run_fault(fault, mirror, vendor)
