"""Threads that ask at once are served together, each with its own result."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from events.ingest.group_commit import MAX_GROUP_SIZE, GroupCommit

pytestmark = pytest.mark.unit


class Ledger:
    """Writes the doubles of numbers; the first write waits until it is let go."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.written: list[list[int]] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.fault = fault

    def write(self, items: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.let_go.wait(10)
        self.written.append(list(items))
        if self.fault:
            raise self.fault
        return [2 * item for item in items]


def asked_at_once(ledger: Ledger, others: int) -> list[Future[int]]:
    """Of 0, which is written alone, and of 1 to `others`, which all ask before that is done."""
    group = GroupCommit(ledger.write)
    with ThreadPoolExecutor(1 + others) as pool:
        first = pool.submit(group.submit, 0)
        assert ledger.begun.wait(10)
        asked = [first, *(pool.submit(group.submit, number) for number in range(1, 1 + others))]
        deadline = time.monotonic() + 10
        while len(group._waiting) < others and time.monotonic() < deadline:
            time.sleep(0.001)
        ledger.let_go.set()
    return asked


def test_whoever_asks_while_one_writes_is_written_together_after_it() -> None:
    ledger = Ledger()
    assert [one.result() for one in asked_at_once(ledger, 8)] == [2 * number for number in range(9)]
    assert ledger.written[0] == [0]
    assert sorted(ledger.written[1]) == list(range(1, 9))


def test_nobody_waits_for_company() -> None:
    ledger = Ledger()
    ledger.let_go.set()
    assert [GroupCommit(ledger.write).submit(number) for number in (1, 2)] == [2, 4]
    assert ledger.written == [[1], [2]]


def test_one_transaction_is_bounded() -> None:
    ledger = Ledger()
    results = [one.result() for one in asked_at_once(ledger, MAX_GROUP_SIZE + 10)]
    assert results == [2 * number for number in range(MAX_GROUP_SIZE + 11)]
    assert [len(items) for items in ledger.written] == [1, MAX_GROUP_SIZE, 10]


def test_a_failure_is_everybodys_who_waits() -> None:
    ledger = Ledger(fault=OSError("away"))
    for one in asked_at_once(ledger, 4):
        with pytest.raises(OSError, match="away"):
            one.result()
    assert ledger.written == [[0]]


def test_a_failure_is_nobodys_who_asks_after_it() -> None:
    ledger = Ledger(fault=OSError("away"))
    ledger.let_go.set()
    group = GroupCommit(ledger.write)
    with pytest.raises(OSError, match="away"):
        group.submit(0)
    ledger.fault = None
    assert group.submit(7) == 14


def test_many_threads_each_get_their_own_result() -> None:
    batches: list[int] = []

    def write(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        time.sleep(0.0005)
        return [2 * item for item in items]

    group = GroupCommit(write)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(group.submit, range(3000))) == [2 * number for number in range(3000)]
    assert sum(batches) == 3000
    assert len(batches) < 3000
