"""Measures the memory of a worker that works on a long backlog."""

import time
from pathlib import Path

from bench import backlog, servers
from bench.peak_memory import read_peak
from bench.report import Result, first_median

PENDING_EVENTS = 200_000
# More than all rounds together apply, so that each round starts with at least PENDING_EVENTS.
RESERVE_EVENTS = 90_000
COPIES_PER_BODY = 50
MEASURED_SECONDS = 10
POLL_SECONDS = 0.5


def measure(state: Path, rounds: int) -> Result:
    """Measure a new worker in each round, all on one backlog."""
    backlog.empty_tables()
    backlog.store_pending_events(PENDING_EVENTS + RESERVE_EVENTS, COPIES_PER_BODY)
    peaks = [measure_peak(state) for _ in range(rounds)]
    return Result(
        "Memory of a worker",
        "The largest resident memory of a Celery worker's process while it applies events for"
        f" {MEASURED_SECONDS} seconds, with a backlog of at least {PENDING_EVENTS:,} pending events.",
        "MiB",
        {"the largest process": peaks},
        target=300,
        is_upper_limit=True,
        summary=first_median,
    )


def measure_peak(state: Path) -> float:
    """Return the peak memory of the largest process of a worker, in MiB."""
    from events.processing.drain import has_pending_events
    from events.tasks import drain

    with servers.run_worker(state, 1) as parent:
        drain.delay()
        deadline = time.monotonic() + MEASURED_SECONDS
        peak = 0.0
        while time.monotonic() < deadline and has_pending_events():
            peak = max([peak, *(read_peak(pid) for pid in (parent, *read_children(parent)))])
            time.sleep(POLL_SECONDS)
    return peak


def read_children(parent: int) -> list[int]:
    """Return the process ids of a process's children."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
