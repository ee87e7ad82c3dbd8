"""Calls that run once however many ask, and whose recent result is cached."""

import threading

import pytest

from crmmirror.health import single_flight
from crmmirror.health.single_flight import SingleFlight


def test_a_call_that_hangs_runs_once_however_many_ask_for_it() -> None:
    calls, may_end = [], threading.Event()

    def call() -> str:
        calls.append(1)
        may_end.wait(10)
        return "seen"

    hanging = SingleFlight(call)
    futures = [hanging.start() for _ in range(50)]
    may_end.set()
    assert {future.result(5) for future in futures} == {"seen"}
    assert len(calls) == 1


def test_a_recent_result_is_returned_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_flight, "CACHE_SECONDS", 60)
    calls: list[int] = []
    call = SingleFlight(lambda: calls.append(1))
    for _ in range(50):
        call.start().result(5)
    assert len(calls) == 1
    monkeypatch.setattr(single_flight, "CACHE_SECONDS", 0)
    call.start().result(5)
    assert len(calls) == 2
