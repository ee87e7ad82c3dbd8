"""Group commit: threads that submit at the same time are written together, and each gets its own result."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from events.ingest.group_commit import MAX_GROUP_SIZE, GroupCommit

pytestmark = pytest.mark.unit


class DoublingWriter:
    """Returns the doubles of numbers. The first write blocks until `may_finish` is set."""

    def __init__(self, error: Exception | None = None) -> None:
        self.groups: list[list[int]] = []
        self.has_begun = threading.Event()
        self.may_finish = threading.Event()
        self.error = error

    def write(self, items: Sequence[int]) -> list[int]:
        self.has_begun.set()
        assert self.may_finish.wait(10)
        self.groups.append(list(items))
        if self.error:
            raise self.error
        return [2 * item for item in items]


def submit_together(writer: DoublingWriter, followers: int) -> list[Future[int]]:
    """Submit 0, which the leader writes alone, and 1 to `followers`, all before that write is done."""
    group_commit = GroupCommit(writer.write)
    with ThreadPoolExecutor(1 + followers) as pool:
        first = pool.submit(group_commit.submit, 0)
        assert writer.has_begun.wait(10)
        others = [pool.submit(group_commit.submit, number) for number in range(1, 1 + followers)]
        deadline = time.monotonic() + 10
        while len(group_commit._waiting_items) < followers and time.monotonic() < deadline:
            time.sleep(0.001)
        writer.may_finish.set()
    return [first, *others]


def test_items_that_are_submitted_during_a_write_are_written_together_after_it() -> None:
    writer = DoublingWriter()
    assert [future.result() for future in submit_together(writer, 8)] == [2 * number for number in range(9)]
    assert writer.groups[0] == [0]
    assert sorted(writer.groups[1]) == list(range(1, 9))


def test_a_single_item_does_not_wait_for_others() -> None:
    writer = DoublingWriter()
    writer.may_finish.set()
    assert [GroupCommit(writer.write).submit(number) for number in (1, 2)] == [2, 4]
    assert writer.groups == [[1], [2]]


def test_the_size_of_a_group_is_bounded() -> None:
    writer = DoublingWriter()
    results = [future.result() for future in submit_together(writer, MAX_GROUP_SIZE + 10)]
    assert results == [2 * number for number in range(MAX_GROUP_SIZE + 11)]
    assert [len(items) for items in writer.groups] == [1, MAX_GROUP_SIZE, 10]


def test_an_error_is_raised_in_every_thread_that_waits() -> None:
    writer = DoublingWriter(error=OSError("away"))
    for future in submit_together(writer, 4):
        with pytest.raises(OSError, match="away"):
            future.result()
    assert writer.groups == [[0]]


def test_an_error_is_not_raised_in_threads_that_submit_after_it() -> None:
    writer = DoublingWriter(error=OSError("away"))
    writer.may_finish.set()
    group_commit = GroupCommit(writer.write)
    with pytest.raises(OSError, match="away"):
        group_commit.submit(0)
    writer.error = None
    assert group_commit.submit(7) == 14


def test_many_threads_each_get_their_own_result() -> None:
    batches: list[int] = []

    def write(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        time.sleep(0.0005)
        return [2 * item for item in items]

    group_commit = GroupCommit(write)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(group_commit.submit, range(3000))) == [2 * number for number in range(3000)]
    assert sum(batches) == 3000
    assert len(batches) < 3000
