"""Deliveries beside readers without a pause: how long they take with and without processes of their own.

The embedded stack, with the documented nginx in front of its web servers.
"""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.documented_web import run_documented_nginx
from tests.support.load.deliveries import Latencies, measure_deliveries
from tests.support.load.large_mirror import fill_mirror
from tests.support.load.readers import reading
from tests.support.run_summary import EXTRA_LINES
from tests.support.running_mirror import Mirror

RATE = 50.0
SECONDS = 30.0
ANALYSTS, STAFF = 2, 3
MIN_RECORDS = 20_000
MAX_MEDIAN_MS = 15.0
MAX_PERCENTILE_99_MS = 100.0
# Fewer, and the readers would not have been the load that this is about.
MIN_PAGES_OF_THE_API, MIN_PAGES_OF_THE_ADMIN = 10, 10
# A round is measured again if it is too slow: tests that run at the same time take the processor from this
# one. Without processes of their own, deliveries are too slow by far in each round.
MAX_ROUNDS = 3
PASSWORD = "of the tests"
SETTINGS = {"BEHIND_PROXY": "true", "ADMIN_PASSWORD": PASSWORD}


def run(mirror: Mirror, *argv: str) -> str:
    result = mirror.run_command(*argv)
    assert result.returncode == 0, result.stderr
    return result.stdout


@contextmanager
def running(mirror: Mirror) -> Iterator[None]:
    mirror.start("--no-demo")
    try:
        yield
    finally:
        mirror.stop(signal.SIGINT)


def measure(mirror: Mirror, directory: Path, name: str) -> tuple[Latencies, Counter[str]]:
    """Deliver beside the readers, through nginx; return the latencies and what the readers were answered."""
    (nginx_directory := directory / name).mkdir()
    tokens = [run(mirror, "create_token", "admin", "--name", f"{name}-{n}").strip() for n in range(ANALYSTS)]
    options = ("--vendor", "heffl", "--scheme", "standard-webhooks", "--json")
    source = json.loads(run(mirror, "create_source", name, *options))
    ports = {"8001": mirror.delivery_port, "8002": mirror.delivery_port} | dict.fromkeys(
        ("8003", "8004"), mirror.port
    )
    with (
        run_documented_nginx(nginx_directory, ports) as web,
        reading(web.port, tokens, PASSWORD, STAFF) as answers,
    ):
        latencies = measure_deliveries(web.port, source, mirror.environment, RATE, SECONDS)
    return latencies, answers


def is_fast(latencies: Latencies) -> bool:
    return latencies.median < MAX_MEDIAN_MS and latencies.percentile_99 < MAX_PERCENTILE_99_MS


@pytest.mark.prove
def test_beside_two_pulls_and_three_staff_deliveries_are_answered_as_fast_as_ever(tmp_path: Path) -> None:
    apart = Mirror(tmp_path / "mirror", settings=SETTINGS)
    shared = Mirror(tmp_path / "mirror", settings=SETTINGS, has_delivery_port=False)
    rounds: list[tuple[Latencies, Counter[str]]] = []
    with running(apart):
        records = fill_mirror(apart)
        while len(rounds) < MAX_ROUNDS and not any(is_fast(latencies) for latencies, _ in rounds):
            rounds.append(measure(apart, tmp_path, f"apart-{len(rounds)}"))
    with running(shared):
        shared_latencies, shared_answers = measure(shared, tmp_path, "shared")
    latencies, answers = rounds[-1]
    EXTRA_LINES.append(
        f"readers: {RATE:.0f} deliveries a second for {SECONDS:.0f} s beside {ANALYSTS} pulls and {STAFF}"
        f" staff on {records:,} records: {', then '.join(str(latencies) for latencies, _ in rounds)}, and the"
        f" readers were answered {answers.total():,} pages; with one web server for all: {shared_latencies},"
        f" {shared_answers.total():,} pages"
    )
    assert records >= MIN_RECORDS
    assert set(latencies.statuses) == {"202"}
    assert set(answers) == {"pull 200", "staff 200"}
    assert answers["pull 200"] >= MIN_PAGES_OF_THE_API
    assert answers["staff 200"] >= MIN_PAGES_OF_THE_ADMIN
    assert is_fast(latencies), latencies
