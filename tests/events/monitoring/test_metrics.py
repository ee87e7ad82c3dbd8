"""Metrics: Prometheus receives exact numbers, whatever number of processes counted them."""

import ast
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from prometheus_client import generate_latest

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process
from events.ingest.store import store_event
from events.models import Event, Source
from events.monitoring import exposition, metrics
from events.monitoring.exposition import BacklogCollector, make_registry
from events.monitoring.metrics import (
    PREALLOCATED_BYTES,
    PROCESS_REGISTRY,
    preallocate_files,
    preallocated_pids,
)
from events.processing.drain import drain_backlog
from tests.support.metrics_scrape import Samples, parse_samples
from tests.support.paths import PROJECT
from tests.support.ports import free_port
from tests.support.running_mirror import wait_until
from tests.support.vendor_requests import BODY, EVENT, deliver, delivery_path, new_source
from tests.support.web_server import WebServer, run_web_server
from tests.support.worker_processes import Worker

ACCEPTED, AGAIN = 60, 7
TOKEN = "for-prometheus"


def body(number: int) -> bytes:
    return json.dumps(EVENT | {"payload": {"id": f"ld_{number}", "name": "Ann"}}).encode()


def read_counts() -> Samples:
    """Return the counts of this process, which include those of earlier tests."""
    return parse_samples(generate_latest(PROCESS_REGISTRY).decode())


def read_backlog() -> Samples:
    return parse_samples(generate_latest(make_registry(BacklogCollector())).decode())


def growth(before: Samples, *key: str) -> float:
    """Return how much a count has grown since `before`."""
    return read_counts().get(key, 0) - before.get(key, 0)


def store(source: Source, count: int, received_at: datetime | None = None) -> None:
    for number in range(count):
        store_event(source, body(number), {}, received_at or datetime.now(UTC))


@pytest.mark.django_db
def test_deliveries_are_counted_by_source_and_outcome() -> None:
    before = read_counts()
    signing = new_source()
    for text in (BODY, BODY, b"{}"):
        deliver(*signing, text)
    for outcome in ("accepted", "duplicate", "malformed"):
        assert growth(before, "crmmirror_deliveries_total", outcome, "acme") == 1


@pytest.mark.django_db
def test_settled_events_are_counted_by_source_and_verdict_and_timed() -> None:
    before, source = read_counts(), new_source()[0]
    store(source, 3, datetime.now(UTC) - timedelta(seconds=20))
    store_event(
        source, b'{"event": "x", "timestamp": "2025-01-15T10:30:00Z", "payload": {}}', {}, datetime.now(UTC)
    )
    store_event(source, body(1).replace(b'"ld_1"', b"null"), {}, datetime.now(UTC))
    drain_backlog()
    assert growth(before, "crmmirror_settled_events_total", "acme", "applied") == 3
    assert growth(before, "crmmirror_settled_events_total", "acme", "ignored") == 1
    assert growth(before, "crmmirror_settled_events_total", "acme", "failed") == 1
    assert growth(before, "crmmirror_batch_events_sum", "acme") == 5
    assert growth(before, "crmmirror_batch_events_count", "acme") == 1
    assert 60 <= growth(before, "crmmirror_receipt_to_applied_seconds_sum", "acme") < 120
    assert growth(before, "crmmirror_receipt_to_applied_seconds_bucket", "30.0", "acme") == 3
    assert growth(before, "crmmirror_receipt_to_applied_seconds_bucket", "10.0", "acme") == 0


@pytest.mark.django_db
def test_an_event_that_is_applied_again_is_counted_again_and_not_timed() -> None:
    before = read_counts()
    store(new_source()[0], 1)
    for _ in range(2):
        Event.objects.update(status="pending")
        drain_backlog()
    assert growth(before, "crmmirror_settled_events_total", "acme", "applied") == 2
    assert growth(before, "crmmirror_receipt_to_applied_seconds_count", "acme") == 1


@pytest.mark.django_db
def test_the_backlog_is_shown_for_every_source() -> None:
    store(new_source()[0], 3, datetime.now(UTC) - timedelta(seconds=90))
    new_source(slug="idle")
    scraped = read_backlog()
    assert scraped["crmmirror_pending_events", "acme"] == 3
    assert 90 <= scraped["crmmirror_oldest_pending_event_age_seconds", "acme"] < 120
    assert scraped["crmmirror_pending_events", "idle"] == 0
    assert scraped["crmmirror_oldest_pending_event_age_seconds", "idle"] == 0


@pytest.mark.django_db
def test_only_the_oldest_events_of_a_long_backlog_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "MAX_SAMPLED_EVENTS", 3)
    store(new_source()[0], 5)
    store(new_source(slug="behind")[0], 1)
    scraped = read_backlog()
    assert scraped["crmmirror_pending_events", "acme"] == 3
    assert ("crmmirror_pending_events", "behind") not in scraped


@pytest.mark.django_db
def test_the_backlog_is_one_query(django_assert_num_queries: Any) -> None:
    for slug in ("a", "b", "c"):
        store(new_source(slug=slug)[0], 2)
    with django_assert_num_queries(4):  # A savepoint and its release, the statement timeout, and the query.
        read_backlog()


def test_the_sum_over_web_and_worker_processes_is_exact(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "metrics"
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(directory))
    source, open_source = new_source()[0], new_source("none", slug="open")[0]
    with run_web_server(tmp_path, {"METRICS_TOKEN": TOKEN, "GRANIAN_WORKERS": "2"}) as web:
        with ThreadPoolExecutor(4) as pool:
            posts = [body(number) for number in range(ACCEPTED)]
            assert list(pool.map(lambda text: post(web, open_source, text), posts)) == [202] * ACCEPTED
            assert list(pool.map(lambda text: post(web, open_source, text), posts[:AGAIN])) == [200] * AGAIN
        unsigned = post_unsigned_until(lambda: len(list(directory.glob("counter_*.db"))) == 2, web, source)
        assert scrape(web)["crmmirror_pending_events", "open"] == ACCEPTED
        for worker in [Worker("one"), Worker("two")]:
            assert worker.wait() == 0
        for _ in range(4):  # Either of the web workers may answer.
            scraped = scrape(web)
            assert scraped["crmmirror_deliveries_total", "accepted", "open"] == ACCEPTED
            assert scraped["crmmirror_deliveries_total", "duplicate", "open"] == AGAIN
            assert scraped["crmmirror_refused_deliveries_total", "signature", "acme"] == unsigned
            assert scraped["crmmirror_settled_events_total", "open", "applied"] == ACCEPTED
            assert scraped["crmmirror_batch_events_sum", "open"] == ACCEPTED
            assert scraped["crmmirror_receipt_to_applied_seconds_count", "open"] == ACCEPTED
            assert scraped["crmmirror_pending_events", "open"] == 0


def post_unsigned_until(both_have_counted: Callable[[], bool], web: WebServer, source: Source) -> int:
    """Post until both processes of the server have refused a delivery; return the number of refusals."""
    deadline = time.monotonic() + 20
    for number in count(1):
        assert post(web, source, body(number)) == 401
        if both_have_counted():
            return number
        assert time.monotonic() < deadline, "one process received all deliveries"
    raise AssertionError


def post(web: WebServer, source: Source, text: bytes) -> int:
    head = [
        f"POST {delivery_path(source)} HTTP/1.1",
        "Host: x",
        "Connection: close",
        f"Content-Length: {len(text)}",
    ]
    return web.exchange("\r\n".join([*head, "", ""]).encode() + text)[0]


def scrape(web: WebServer) -> Samples:
    request = (
        f"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )
    status, text = web.exchange(request.encode())
    assert status == 200
    return parse_samples(text.decode())


def test_a_machine_without_a_web_server_exposes_the_counts_of_its_workers(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    store(new_source()[0], 10)
    assert Worker("one").wait() == 0
    port = free_port()
    argv = (sys.executable, "manage.py", "serve_metrics", "--port", str(port))
    program = process.Program("metrics", argv, tmp_path / "log", cwd=PROJECT)
    child = start_process(program)
    try:
        wait_until(lambda: "serves" in program.log.read_text(), 20)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            scraped = parse_samples(answer.read().decode())
    finally:
        stop_process(child, program.stop_signals)
    assert scraped["crmmirror_settled_events_total", "acme", "applied"] == 10


@override_settings(METRICS_DIRECTORY="")
def test_serving_metrics_without_a_directory_says_what_to_set() -> None:
    with pytest.raises(CommandError, match="PROMETHEUS_MULTIPROC_DIR"):
        call_command("serve_metrics")


def test_the_files_are_allocated_on_disk_before_they_are_written_to(tmp_path: Path) -> None:
    with override_settings(METRICS_DIRECTORY=str(tmp_path / "new")):
        preallocate_files()
    preallocated_pids.clear()
    sizes = {path.name: path.stat().st_blocks * 512 for path in (tmp_path / "new").iterdir()}
    assert set(sizes) == {f"{kind}_{os.getpid()}.db" for kind in metrics.METRIC_TYPES}
    assert min(sizes.values()) >= PREALLOCATED_BYTES


@pytest.mark.django_db
def test_an_unusable_directory_costs_the_counts_but_not_the_delivery(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = read_counts()
    with override_settings(METRICS_DIRECTORY=str(tmp_path / "file" / "metrics")):
        assert deliver(*new_source()).status_code == 202
    assert growth(before, "crmmirror_deliveries_total", "accepted", "acme") == 0


def test_every_line_of_the_log_about_an_event_has_its_id() -> None:
    """The name of a log line about one event begins with event_, by convention."""
    lines = [
        (path.name, node.lineno, {keyword.arg for keyword in node.keywords})
        for package in ("events", "entities", "crmmirror")
        for path in (PROJECT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")
        if node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).startswith("event_")
    ]
    assert len(lines) >= 3
    assert [line for line in lines if "event_id" not in line[2]] == []


@pytest.mark.django_db
def test_an_event_that_could_not_be_read_through_our_fault_is_logged_with_its_id(
    caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    signing = new_source()
    monkeypatch.setattr("events.ingest.store.read_any_envelopes", fail)
    event = deliver(*signing).json()["event"]
    [line] = [record.msg for record in caplog.records if record.msg["event"] == "event_not_read"]
    assert (line["event_id"], line["error"]) == (event, "ZeroDivisionError")
