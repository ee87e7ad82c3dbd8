"""The debouncer: many triggers cause few runs, no trigger is lost, and no caller waits for a run."""

import os
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from crmmirror.lib.debouncer import Debouncer

pytestmark = pytest.mark.unit


def becomes_true(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Return True as soon as the condition holds; False if it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_many_triggers_are_at_most_one_run_per_interval() -> None:
    runs: list[float] = []
    debouncer = Debouncer(lambda: runs.append(time.monotonic()), 0.05, "broker")
    while len(runs) < 5:
        debouncer.trigger()
        time.sleep(0.001)
    assert all(later - earlier > 0.049 for earlier, later in pairwise(runs))


def test_a_trigger_during_a_run_is_followed_by_another_run() -> None:
    started, may_end = threading.Event(), threading.Event()
    runs: list[int] = []

    def action() -> None:
        started.set()
        may_end.wait(5)
        runs.append(1)

    debouncer = Debouncer(action, 0, "broker")
    debouncer.trigger()
    started.wait(5)
    debouncer.trigger()
    may_end.set()
    assert becomes_true(lambda: len(runs) == 2)


def test_without_a_trigger_the_action_does_not_run() -> None:
    runs: list[int] = []
    debouncer = Debouncer(lambda: runs.append(1), 0, "broker")
    debouncer.trigger()
    assert becomes_true(lambda: runs == [1])
    time.sleep(0.05)
    assert runs == [1]


def test_a_trigger_neither_waits_nor_raises_although_the_action_hangs_and_fails() -> None:
    may_end = threading.Event()

    def action() -> None:
        may_end.wait(5)
        raise ConnectionResetError

    debouncer = Debouncer(action, 0.01, "broker")
    started = time.monotonic()
    for _ in range(1000):
        debouncer.trigger()
    assert time.monotonic() - started < 1
    may_end.set()


def test_run_now_runs_in_the_calling_thread_and_returns_whether_it_succeeded() -> None:
    threads: list[threading.Thread] = []

    def fail() -> None:
        raise ConnectionRefusedError

    assert Debouncer(lambda: threads.append(threading.current_thread()), 0, "broker").run_now()
    assert threads == [threading.current_thread()]
    assert not Debouncer(fail, 0, "broker").run_now()


def test_the_first_failure_and_the_first_success_after_it_are_one_log_line_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    is_away = {"broker": True}

    def action() -> None:
        if is_away["broker"]:
            raise ConnectionRefusedError

    debouncer = Debouncer(action, 0, "broker")
    for away in (True, True, False, False, True):
        is_away["broker"] = away
        debouncer.run_now()
    lines = [word for word in caplog.text.split() if "broker_" in word]
    assert [line.strip("'\",") for line in lines] == ["broker_away", "broker_back", "broker_away"]


def test_a_forked_child_runs_the_action_in_a_thread_of_its_own() -> None:
    has_run = threading.Event()
    debouncer = Debouncer(has_run.set, 0.01, "broker")
    debouncer.trigger()
    assert has_run.wait(5)
    has_run.clear()
    child = os.fork()
    if child == 0:
        debouncer.trigger()
        os._exit(0 if has_run.wait(5) else 1)
    assert os.waitpid(child, 0)[1] == 0
