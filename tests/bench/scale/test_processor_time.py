"""The processor time of processes."""

import os
import time

import pytest

from bench.scale.processor_time import MachineTime, count_free_cores, read_seconds, read_tree_seconds

pytestmark = pytest.mark.unit


def test_the_clock_of_a_process_is_that_of_its_own_processor_time() -> None:
    before = time.process_time()
    seconds = read_seconds(os.getpid())
    assert before <= seconds <= time.process_time()
    assert read_tree_seconds(os.getpid()) >= seconds


def test_a_process_that_is_not_there_has_no_clock() -> None:
    with pytest.raises(OSError, match=r".*"):
        read_seconds(2**22 + 1)


@pytest.mark.parametrize(
    ("idle", "busy", "own", "expected"),
    [
        (10, 10, 10, 2.0),  # Nobody else was there.
        (0, 20, 5, 0.5),  # Others took the rest.
        (4, 16, 6, 1.0),
    ],
)
def test_cores_are_free_that_are_idle_or_used_by_the_measured(
    idle: float, busy: float, own: float, expected: float
) -> None:
    before, after = MachineTime(100, 200, 50), MachineTime(100 + idle, 200 + busy, 60)
    assert count_free_cores(before, after, own) == pytest.approx(expected)
