"""Convergence at scale and from outside: 20,000 events, shuffled, delivered twice over HTTP."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.paths import PROJECT, SAMPLES
from tests.support.run_summary import COUNTS
from tests.support.running_mirror import Mirror, wait_until

EVENTS_A_VENDOR = 10_000
SEED = 20_000
DRAIN_SECONDS = 600


@pytest.mark.prove
def test_20000_events_shuffled_twice_and_workers_killed_make_the_mirror_of_the_same_in_order(
    tmp_path: Path,
) -> None:
    hostile = digest_of_fed_mirror(tmp_path / "hostile", ("--shuffle", "--repeat", "2"), workers=4, kills=2)
    calm = digest_of_fed_mirror(tmp_path / "calm", ("--in-order",), workers=1, kills=0)
    assert hostile == calm
    COUNTS["concurrent"] += 2 * EVENTS_A_VENDOR


def digest_of_fed_mirror(directory: Path, options: tuple[str, ...], workers: int, kills: int) -> str:
    """Feed a new mirror, verify it, and return its digest."""
    directory.mkdir()
    mirror = Mirror(directory / "state")
    mirror.start("--no-demo", "--workers", str(workers))
    try:
        feeds = [feed(mirror, vendor, options) for vendor in vendors()]
        for _ in range(kills):
            kill_a_worker(mirror)
        assert [finished.wait(DRAIN_SECONDS) for finished in feeds] == [0] * len(feeds)
        wait_until(lambda: statuses(mirror).get("pending", 0) == 0, DRAIN_SECONDS)
        assert statuses(mirror) == {"applied": EVENTS_A_VENDOR * len(feeds)}
        verified = mirror.run_command("verify_mirror", seconds=DRAIN_SECONDS)
        assert verified.returncode == 0, verified.stdout
        assert "0 rows differ" in verified.stdout
        return mirror.run_command("verify_mirror", "--digest").stdout.strip()
    finally:
        assert mirror.stop(signal.SIGINT) == 0


def vendors() -> list[str]:
    return sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def feed(mirror: Mirror, vendor: str, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    created = mirror.run_command("create_source", vendor, "--vendor", vendor)
    assert created.returncode == 0, created.stderr
    generated = ("--generate", str(EVENTS_A_VENDOR), "--seed", str(SEED))
    argv = mirror.command("deliver", vendor, *generated, *options, "--url", mirror.url)
    return subprocess.Popen(argv, env=mirror.environment, cwd=PROJECT, stdout=subprocess.DEVNULL)


def kill_a_worker(mirror: Mirror) -> None:
    """Kill one of Celery's child processes while it applies events."""
    wait_until(lambda: statuses(mirror).get("applied", 0) > 500, 60)
    children = [
        pid for pid, line in mirror.processes("celery").items() if "worker" in line and is_child(pid, mirror)
    ]
    os.kill(children[-1], signal.SIGKILL)
    COUNTS["killed"] += 1
    time.sleep(2)


def is_child(pid: int, mirror: Mirror) -> bool:
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return parent in mirror.processes("celery")


def statuses(mirror: Mirror) -> dict[str, int]:
    """Return how many events have each status, as the database counts them."""
    counted = mirror.run_command("shell", "-v", "0", "-c", COUNT)
    return dict(json.loads(counted.stdout))


COUNT = """
import json
from django.db.models import Count
from events.models import Event
print(json.dumps(list(Event.objects.order_by().values_list("status").annotate(Count("pk")))))
"""
