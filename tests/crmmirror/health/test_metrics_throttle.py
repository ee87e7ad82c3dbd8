"""Guesses of the METRICS_TOKEN are slowed down, also while the database is away."""

from collections import Counter
from http.client import HTTPConnection
from pathlib import Path

import pytest

from crmmirror.health import metrics_throttle
from crmmirror.health.metrics_throttle import MemoryTokenBuckets
from crmmirror.lib.token_bucket import Limit
from crmmirror.token_throttle import FAILURE_LIMIT
from tests.support.ports import HOST, free_port
from tests.support.web_server import run_web_server

TOKEN = "the one"


@pytest.mark.unit
class TestMemoryTokenBuckets:
    def test_a_key_has_as_many_units_as_the_limit_says(self) -> None:
        buckets = MemoryTokenBuckets(Limit(3, 3600))
        assert [buckets.consume("a") for _ in range(3)] == [0, 0, 0]
        assert 0 < buckets.consume("a") <= 1200
        assert buckets.consume("b") == 0

    def test_units_come_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        buckets, now = MemoryTokenBuckets(Limit(2, 20)), 1000.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        assert [buckets.consume("a") for _ in range(3)] == [0, 0, pytest.approx(10, abs=0.1)]
        now += 10
        assert [buckets.consume("a") > 0 for _ in range(2)] == [False, True]

    def test_many_keys_fill_no_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metrics_throttle, "MAX_CLIENTS", 5)
        buckets = MemoryTokenBuckets(Limit(1, 3600))
        for number in range(20):
            buckets.consume(str(number))
        assert (len(buckets._full_at), buckets.consume("19") > 0) == (5, True)


def ask(port: int, token: str) -> tuple[int, str]:
    """Return the status and the Retry-After of /metrics."""
    http = HTTPConnection(HOST, port, timeout=10)
    try:
        http.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
        response = http.getresponse()
        return response.status, response.headers.get("Retry-After", "")
    finally:
        http.close()


def test_guesses_of_the_metrics_token_are_slowed_down_without_a_database(
    tmp_path: Path, transactional_db: None
) -> None:
    nowhere = f"postgresql://postgres@{HOST}:{free_port()}/mirror"
    with run_web_server(tmp_path, {"DATABASE_URL": nowhere, "METRICS_TOKEN": TOKEN}) as web:
        answers = [ask(web.port, f"guess {number}") for number in range(FAILURE_LIMIT.count + 20)]
        right = ask(web.port, TOKEN)
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) == {401, 429}
    assert statuses[401] <= FAILURE_LIMIT.count + 10  # While the requests run, some units come back.
    assert all(int(wait) > 0 for status, wait in answers if status == 429)
    assert right[0] == 200
