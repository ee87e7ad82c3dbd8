"""A clock that is an hour wrong: the web server's answers, and the work of worker and beat.

Of worker and beat only the difference counts: if the worker's clock is ahead, beat's is behind.
"""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from kombu import Queue

from crmmirror.embedded.processes import process
from events import signatures
from events.models import Event, Source
from events.processing import wakeups
from events.processing.drain import drain_backlog
from tests.events.processing.test_wakeups import queue
from tests.support import services
from tests.support.paths import PROJECT
from tests.support.ports import HOST
from tests.support.run_summary import COUNTS
from tests.support.running_mirror import wait_until
from tests.support.vendor_requests import BODY, deliver, delivery_path, new_source
from tests.support.web_server import WebServer, database_url, run_web_server

__all__ = ["queue"]

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600


@pytest.fixture(autouse=True)
def no_wake_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "wake", lambda: None)


@contextmanager
def run_celery(directory: Path, *argv: str, off_seconds: int, ends: signal.Signals) -> Iterator[None]:
    """Run a worker or beat on the tests' database and broker."""
    program = process.Program(
        argv[0],
        (sys.executable, "-m", "celery", "--app", "tests.support.faults.shifted_clock", *argv),
        directory / f"{argv[0]}.log",
        {"DATABASE_URL": database_url(), "CLOCK_OFF_SECONDS": str(off_seconds)},
        PROJECT,
        stop_signals=((ends, 5), (signal.SIGKILL, 5)),
    )
    with services.run_program(program, lambda: True):
        yield


@contextmanager
def run_beat(directory: Path, off_seconds: int = 0) -> Iterator[None]:
    """Run beat. It ends with SIGTERM, so that it writes down when it swept last."""
    schedule = ("--schedule", str(directory / "schedule"), "--pidfile", "")
    with run_celery(directory, "beat", *schedule, off_seconds=off_seconds, ends=signal.SIGTERM):
        yield


@contextmanager
def run_worker(directory: Path, off_seconds: int = 0) -> Iterator[None]:
    options = ("--concurrency", "1", "--without-mingle", "--without-gossip")
    with run_celery(directory, "worker", *options, off_seconds=off_seconds, ends=signal.SIGQUIT):
        yield


def post(web: WebServer, source: Source, secret: str) -> tuple[int, dict[str, str]]:
    """Post an event that is signed by a clock that is right."""
    signed = signatures.sign(source, secret, BODY)
    lines = [f"POST {delivery_path(source)} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
    lines += [f"Content-Length: {len(BODY)}", *(f"{name}: {value}" for name, value in signed.items()), "", ""]
    status, answer = web.exchange("\r\n".join(lines).encode() + BODY)
    return status, json.loads(answer)


def is_swept(slug: str) -> bool:
    """Deliver an event without a wake-up; return True if a sweep applies it."""
    assert deliver(*new_source(slug=slug)).status_code == 202
    pending = Event.objects.filter(source__slug=slug, status="pending")
    wait_until(lambda: not pending.exists(), 20)
    return not pending.exists()


def is_applied_and_verified() -> bool:
    output = StringIO()
    call_command("verify_mirror", stdout=output, stderr=StringIO())
    statuses = set(Event.objects.values_list("status", flat=True))
    return statuses == {"applied"} and "0 rows differ" in output.getvalue()


@pytest.mark.parametrize("off_seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_web_server_refuses_only_what_is_signed_with_a_time(off_seconds: int, tmp_path: Path) -> None:
    dated, undated = new_source("standard-webhooks", "dated"), new_source("hmac-sha256", "undated")
    clock = {"CLOCK_OFF_SECONDS": str(off_seconds)}
    with run_web_server(tmp_path, clock, "tests.support.faults.shifted_clock:application") as web:
        status, problem = post(web, *dated)
        assert (status, problem["type"]) == (401, "urn:crmmirror:problem:timestamp")
        assert post(web, *undated)[0] == 202
    assert drain_backlog() == 1
    assert is_applied_and_verified()
    COUNTS["clocks"] += 1


@pytest.mark.prove
def test_a_worker_whose_clock_is_ahead_of_the_beats_takes_its_sweeps(queue: Queue, tmp_path: Path) -> None:
    with run_beat(tmp_path), run_worker(tmp_path, HOUR):
        assert is_swept("acme")
    assert is_applied_and_verified()
    COUNTS["clocks"] += 1


@pytest.mark.prove
def test_a_beat_whose_clock_is_ahead_sweeps_and_goes_on_when_it_is_set_back(
    queue: Queue, tmp_path: Path
) -> None:
    with run_worker(tmp_path):
        with run_beat(tmp_path, HOUR):
            assert is_swept("acme")
        with run_beat(tmp_path):
            assert is_swept("globex")
    assert is_applied_and_verified()
    COUNTS["clocks"] += 2
