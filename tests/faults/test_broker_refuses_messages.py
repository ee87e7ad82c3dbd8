"""A broker that answers and takes no message: a worker that runs or starts meanwhile works on afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.ingest.store import store_event
from events.models import Event
from events.processing.wakeups import WakeupPublisher
from tests.events.processing.test_wakeups import current_app_at
from tests.support.faults.refusing_broker import REFUSALS, run_valkey
from tests.support.paths import PROJECT
from tests.support.running_mirror import wait_until
from tests.support.vendor_requests import BODY, new_source
from tests.support.web_server import database_url

Refusal = Callable[[Path], AbstractContextManager[None]]
REFUSED_SECONDS = 4
SECONDS_TO_COME_BACK = 20
# Lines that a worker may write while it is refused: about one a second, and what it writes as it starts.
MAX_LOG_LINES = 60


@contextmanager
def run_worker(broker: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker as somebody would who knows Celery only, without the options of the documented start."""
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "crmmirror", "worker", "--concurrency", "1"],
            env=os.environ | {"DATABASE_URL": database_url(), "BROKER_URL": f"redis+socket://{broker}"},
            cwd=PROJECT,
            stdout=output,
            stderr=output,
        )
        try:
            yield worker
        finally:
            worker.kill()
            worker.wait()


def is_applied_after_wakeup(broker: Path, body: bytes) -> bool:
    """Store an event and wake a worker, as a delivery does; return True if it is applied in time."""
    stored = store_event(new_source(slug=f"s{time.monotonic_ns()}")[0], body, {}, datetime.now(UTC))
    with current_app_at(f"redis+socket://{broker}"):
        WakeupPublisher()()
    event = Event.objects.filter(pk=stored.event_id)
    wait_until(lambda: event.get().status == Event.Status.APPLIED, SECONDS_TO_COME_BACK)
    return event.get().status == Event.Status.APPLIED


@pytest.mark.prove
@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda refuse: refuse.__name__)
def test_a_worker_that_runs_works_on_after_its_broker(
    refuse: Refusal, transactional_db: None, tmp_path: Path
) -> None:
    with run_valkey(tmp_path) as broker, run_worker(broker, tmp_path / "log") as worker:
        assert is_applied_after_wakeup(broker, BODY)
        with refuse(broker):
            time.sleep(REFUSED_SECONDS)
        assert is_applied_after_wakeup(broker, BODY), (tmp_path / "log").read_text()
        assert worker.poll() is None
    assert len((tmp_path / "log").read_text().splitlines()) < MAX_LOG_LINES


@pytest.mark.prove
@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda refuse: refuse.__name__)
def test_a_worker_that_starts_meanwhile_works_after_its_broker(
    refuse: Refusal, transactional_db: None, tmp_path: Path
) -> None:
    with run_valkey(tmp_path) as broker, ExitStack() as stack:
        with refuse(broker):
            worker = stack.enter_context(run_worker(broker, tmp_path / "log"))
            wait_until(lambda: "Cannot connect" in (tmp_path / "log").read_text(), SECONDS_TO_COME_BACK)
            time.sleep(REFUSED_SECONDS)
        assert is_applied_after_wakeup(broker, BODY), (tmp_path / "log").read_text()
        assert worker.poll() is None
    assert len((tmp_path / "log").read_text().splitlines()) < MAX_LOG_LINES
