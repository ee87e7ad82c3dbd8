"""Database and broker refuse, drop, hang or are slow under load: what the vendor is answered meanwhile,
how fast, and that nothing answered 2xx is lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults import mirrors, ordeal
from tests.faults.mirrors import Wired
from tests.faults.ordeal import Fault
from tests.faults.vendor import Vendor, vendor_of

# What a delivery's INSERT carries, what a worker's batch ends with, and how it is committed.
INSERT, RECORD, COMMIT = b'"digest": "', b"UPDATE events_event", b"COMMIT"


@pytest.fixture(scope="module")
def wired() -> Iterator[Wired]:
    with mirrors.wired() as wired:
        yield wired


@pytest.fixture(scope="module")
def vendor(wired: Wired) -> Vendor:
    return vendor_of(wired.mirror)


@contextmanager
def database_refuses(wired: Wired) -> Iterator[None]:
    wired.database.refuse()
    yield
    wired.database.listen()


@contextmanager
def database_drops(wired: Wired) -> Iterator[None]:
    """A delivery's connection before and after its event is committed, and a worker's in its batch."""
    for words in (INSERT, RECORD, COMMIT):
        for heard in (False, True):
            assert wired.database.set_trap(words, heard=heard).wait(5), (words, heard)
    yield


@contextmanager
def database_hangs(wired: Wired) -> Iterator[None]:
    wired.database.hold()
    yield
    wired.database.let_go()


@contextmanager
def database_hangs_and_is_cut(wired: Wired) -> Iterator[None]:
    """As a server that hung and was started anew."""
    wired.database.hold()
    yield
    wired.database.cut()
    wired.database.let_go()


@contextmanager
def database_is_slow(wired: Wired) -> Iterator[None]:
    wired.database.delay = 0.1
    yield
    wired.database.delay = 0.0


@contextmanager
def broker_refuses(wired: Wired) -> Iterator[None]:
    wired.broker.refuse()
    yield
    wired.broker.listen()


@contextmanager
def broker_is_silent(wired: Wired) -> Iterator[None]:
    wired.broker.hold()
    yield
    wired.broker.let_go()


@contextmanager
def broker_is_silent_and_cut(wired: Wired) -> Iterator[None]:
    wired.broker.hold()
    yield
    wired.broker.cut()
    wired.broker.let_go()


FAULTS: tuple[Fault[Wired], ...] = (
    Fault(database_refuses, 4, shows=503, answers={202, 503}),
    Fault(database_drops, 0, shows=503, answers={202, 503}),
    Fault(database_hangs, 7, shows=503, answers={202, 503}),
    Fault(database_hangs_and_is_cut, 7, shows=503, answers={202, 503}),
    Fault(database_is_slow, 2, shows=202, answers={202}),
    Fault(broker_refuses, 2, shows=202, answers={202}, within=2),
    Fault(broker_is_silent, 4, shows=202, answers={202}, within=2),
    Fault(broker_is_silent_and_cut, 4, shows=202, answers={202}, within=2),
)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_nothing_answered_2xx_is_lost_when(fault: Fault[Wired], wired: Wired, vendor: Vendor) -> None:
    ordeal.undergo(fault, wired, vendor)
