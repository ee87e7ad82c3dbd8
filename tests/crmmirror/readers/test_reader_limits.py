"""The limits of one reader and of all readers of a process, without a server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus

import pytest

from crmmirror.lib.token_bucket import Limit
from crmmirror.readers import reader_limits
from crmmirror.readers.reader_limits import Bounds, ReaderLimits, ReaderRefused

pytestmark = pytest.mark.unit

# Two requests at a time, none of which waits; 10 seconds of work in 60.
BOUNDS = Bounds("one token", running=2, waiting=0, wait_seconds=0.0, work=Limit(10, 60))


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> ReaderLimits:
    return ReaderLimits(total=5, clock=clock)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as open_requests:
        yield open_requests


def refuse_status(limits: ReaderLimits, *readers: str, bounds: Bounds = BOUNDS) -> int:
    """Return the status with which a request is refused; 0 if it is admitted, and has ended."""
    try:
        with limits.admit(dict.fromkeys(readers, bounds)):
            return 0
    except ReaderRefused as refused:
        return refused.busy.status


def work(limits: ReaderLimits, clock: Clock, seconds: float, *readers: str) -> None:
    """Run one request that takes so long."""
    with limits.admit(dict.fromkeys(readers, BOUNDS)):
        clock.now += seconds


def test_a_reader_may_have_no_more_requests_than_the_bound(limits: ReaderLimits, stack: ExitStack) -> None:
    for _ in range(2):
        stack.enter_context(limits.admit({"ann": BOUNDS}))
    assert refuse_status(limits, "ann") == HTTPStatus.TOO_MANY_REQUESTS
    assert refuse_status(limits, "bob") == 0


def test_a_place_is_free_again_after_a_request_that_failed(limits: ReaderLimits) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), limits.admit({"ann": BOUNDS}):
            raise ZeroDivisionError
    assert refuse_status(limits, "ann") == 0


def test_a_request_counts_under_each_of_its_keys(limits: ReaderLimits, stack: ExitStack) -> None:
    for token in ("made-up", "another"):
        stack.enter_context(limits.admit({token: BOUNDS, "address": BOUNDS}))
    assert refuse_status(limits, "third", "address") == HTTPStatus.TOO_MANY_REQUESTS
    assert refuse_status(limits, "made-up") == 0


def test_a_request_waits_for_its_turn(limits: ReaderLimits) -> None:
    bounds = Bounds("one token", running=1, waiting=1, wait_seconds=20.0, work=Limit(10, 60))
    with ThreadPoolExecutor(1) as pool:
        with limits.admit({"ann": bounds}):
            waiting = pool.submit(refuse_status, limits, "ann", bounds=bounds)
            while limits._present < 2:
                pass
            assert refuse_status(limits, "ann", bounds=bounds) == HTTPStatus.TOO_MANY_REQUESTS
            assert not waiting.done()
        assert waiting.result() == 0


def test_a_request_waits_no_longer_than_the_bound(limits: ReaderLimits) -> None:
    bounds = Bounds("one token", running=1, waiting=1, wait_seconds=0.01, work=Limit(10, 60))
    with limits.admit({"ann": bounds}):
        assert refuse_status(limits, "ann", bounds=bounds) == HTTPStatus.TOO_MANY_REQUESTS
    assert refuse_status(limits, "ann", bounds=bounds) == 0


def test_all_readers_together_may_have_no_more_requests_than_the_total(
    limits: ReaderLimits, stack: ExitStack
) -> None:
    for number in range(5):
        stack.enter_context(limits.admit({str(number): BOUNDS}))
    assert refuse_status(limits, "ann") == HTTPStatus.SERVICE_UNAVAILABLE


def test_seconds_of_work_come_back_with_time(limits: ReaderLimits, clock: Clock) -> None:
    work(limits, clock, 9.5, "ann")
    with pytest.raises(ReaderRefused) as raised:
        work(limits, clock, 1, "ann")
    assert raised.value.busy.status == HTTPStatus.TOO_MANY_REQUESTS
    assert refuse_status(limits, "bob") == 0
    clock.now += raised.value.busy.retry_seconds
    assert refuse_status(limits, "ann") == 0


def test_one_request_at_a_time_is_never_refused_if_all_of_the_period_may_be_worked(clock: Clock) -> None:
    limits, bounds = ReaderLimits(5, clock), Bounds("one token", 2, 0, 0.0, Limit(60, 60))
    for _ in range(1000):
        with limits.admit({"ann": bounds}):
            clock.now += 0.7


def test_made_up_readers_are_forgotten_and_those_who_owe_are_not(
    limits: ReaderLimits, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_limits, "MAX_ACCOUNTS", 10)
    work(limits, clock, 9.5, "ann")
    for number in range(100):
        work(limits, clock, 0.001, f"made-up {number}")
    assert len(limits._accounts) <= 10
    assert refuse_status(limits, "ann") == HTTPStatus.TOO_MANY_REQUESTS
