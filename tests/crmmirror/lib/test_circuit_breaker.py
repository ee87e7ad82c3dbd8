"""The circuit breaker: closed while the service answers, open after a failure, one probe per interval."""

import pytest

from crmmirror.lib import circuit_breaker
from crmmirror.lib.circuit_breaker import RETRY_SECONDS, CircuitBreaker

pytestmark = pytest.mark.unit


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(circuit_breaker, "time", clock)
    return clock


def open_circuit() -> CircuitBreaker:
    circuit = CircuitBreaker("broker")
    circuit.record_failure(ConnectionError())
    return circuit


def test_a_closed_circuit_allows_every_call(clock: Clock) -> None:
    circuit = CircuitBreaker("broker")
    assert [circuit.allows_call() for _ in range(3)] == [True] * 3


def test_a_failure_opens_the_circuit_until_the_next_probe(clock: Clock) -> None:
    circuit = open_circuit()
    assert not circuit.allows_call()
    clock.seconds += RETRY_SECONDS - 0.01
    assert not circuit.allows_call()


def test_an_open_circuit_allows_one_probe_per_interval(clock: Clock) -> None:
    circuit = open_circuit()
    for _ in range(2):
        clock.seconds += RETRY_SECONDS
        assert [circuit.allows_call() for _ in range(3)] == [True, False, False]


def test_a_probe_that_fails_leaves_the_circuit_open_for_another_interval(clock: Clock) -> None:
    circuit = open_circuit()
    clock.seconds += RETRY_SECONDS
    assert circuit.allows_call()
    clock.seconds += RETRY_SECONDS / 2
    circuit.record_failure(ConnectionError())
    clock.seconds += RETRY_SECONDS / 2
    assert not circuit.allows_call()


def test_a_probe_that_succeeds_closes_the_circuit(clock: Clock) -> None:
    circuit = open_circuit()
    clock.seconds += RETRY_SECONDS
    assert circuit.allows_call()
    circuit.record_success()
    assert [circuit.allows_call() for _ in range(3)] == [True] * 3


def test_each_change_of_state_is_one_log_line_with_the_errors_class_and_not_its_text(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    circuit = CircuitBreaker("broker")
    circuit.record_success()
    for _ in range(2):
        circuit.record_failure(ConnectionError("a secret"))
    for _ in range(2):
        circuit.record_success()
    assert (caplog.text.count("broker_away"), caplog.text.count("broker_back")) == (1, 1)
    assert "ConnectionError" in caplog.text
    assert "a secret" not in caplog.text
