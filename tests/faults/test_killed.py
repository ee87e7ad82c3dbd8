"""Workers, web, beat, broker and database are killed under load, and the database's disk is full: what
the vendor is answered meanwhile, how fast, and that nothing answered 2xx is lost.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults import account, disk, killing, mirrors, ordeal
from tests.faults.killing import BEAT, BROKER, DATABASE, WEB, WORKER
from tests.faults.mirrors import Supervised
from tests.faults.ordeal import Fault
from tests.faults.vendor import Vendor, vendor_of


@pytest.fixture(scope="module")
def supervised() -> Iterator[Supervised]:
    with mirrors.supervised() as supervised:
        yield supervised


@pytest.fixture(scope="module")
def vendor(supervised: Supervised) -> Vendor:
    return vendor_of(supervised.mirror)


@contextmanager
def a_worker_is_killed_in_a_batch(supervised: Supervised) -> Iterator[None]:
    killing.kill_the_worker_in_a_batch(supervised.mirror, supervised.database_url)
    yield


@contextmanager
def all_workers_are_killed(supervised: Supervised) -> Iterator[None]:
    killing.kill_and_await_restart(supervised.mirror, WORKER)
    yield


@contextmanager
def a_web_process_is_killed(supervised: Supervised) -> Iterator[None]:
    killing.kill_a_child(supervised.mirror, WEB)
    yield


@contextmanager
def the_web_server_is_killed(supervised: Supervised) -> Iterator[None]:
    killing.kill_and_await_restart(supervised.mirror, WEB)
    yield


@contextmanager
def the_broker_is_killed(supervised: Supervised) -> Iterator[None]:
    killing.kill_and_await_restart(supervised.mirror, BROKER)
    yield


@contextmanager
def a_process_of_the_database_is_killed(supervised: Supervised) -> Iterator[None]:
    """It then ends all connections, and recovers."""
    killing.kill_a_child(supervised.mirror, DATABASE)
    yield


@contextmanager
def the_database_is_killed(supervised: Supervised) -> Iterator[None]:
    killing.kill_and_await_restart(supervised.mirror, DATABASE)
    yield


FAULTS: tuple[Fault[Supervised], ...] = (
    Fault(a_worker_is_killed_in_a_batch, 0, shows=202, answers={202}),
    Fault(all_workers_are_killed, 0, shows=202, answers={202}),
    Fault(a_web_process_is_killed, 0, shows=202, answers={0, 202}),
    Fault(the_web_server_is_killed, 0, shows=0, answers={0, 202}),
    Fault(the_broker_is_killed, 1, shows=202, answers={202}, within=2),
    Fault(a_process_of_the_database_is_killed, 0, shows=202, answers={202, 503}),
    Fault(the_database_is_killed, 0, shows=202, answers={202, 503}),
)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_nothing_answered_2xx_is_lost_when(
    fault: Fault[Supervised], supervised: Supervised, vendor: Vendor
) -> None:
    ordeal.undergo(fault, supervised, vendor)


def test_without_beat_wake_ups_apply_and_what_waits_for_a_sweep_is_applied_when_beat_is_back(
    supervised: Supervised, vendor: Vendor
) -> None:
    mirror, url = supervised.mirror, supervised.database_url
    os.kill(killing.supervised(mirror, BEAT), signal.SIGSTOP)
    first = len(vendor.deliveries)
    with vendor.delivering(ordeal.RATE):
        time.sleep(1)
    deliveries = vendor.deliveries[first:]
    account.count(deliveries)
    assert not account.await_applied(url, {delivery.body for delivery in deliveries}, seconds=10)
    due = deliveries[0].body
    account.make_due(url, due)
    time.sleep(3)
    assert account.unapplied(url, {due}) == {due: "failed"}
    killing.kill_and_await_restart(mirror, BEAT)
    account.settle(mirror, vendor, url)


@contextmanager
def the_disk_is_full(supervised: Supervised) -> Iterator[None]:
    """Tables cannot grow."""
    assert supervised.disk
    with disk.full(supervised.disk):
        yield


@contextmanager
def the_disk_is_full_and_the_log_used_up(supervised: Supervised) -> Iterator[None]:
    """PostgreSQL ends, and does not start for as long as its log has no room."""
    assert supervised.disk
    with disk.full(supervised.disk):
        disk.use_up_the_log(supervised.database_url)
        yield


FULL: tuple[Fault[Supervised], ...] = (
    Fault(the_disk_is_full, 3, shows=503, answers={202, 503}),
    Fault(the_disk_is_full_and_the_log_used_up, 3, shows=503, answers={202, 503}),
)


@pytest.mark.parametrize("fault", FULL, ids=str)
def test_nothing_answered_2xx_is_lost_although(
    fault: Fault[Supervised], supervised: Supervised, vendor: Vendor
) -> None:
    if supervised.disk is None:
        pytest.skip("mounting a small disk for the database takes root, and a machine that lets it")
    ordeal.undergo(fault, supervised, vendor)
