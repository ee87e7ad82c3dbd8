"""The memory of a worker that has a long backlog before it."""

import time
from pathlib import Path

from bench import backlog, servers
from bench.report import Result, only

PENDING = 200_000
# So many more than any round drains, that each starts with all of PENDING before it.
DRAINED = 90_000
COPIES = 50
SECONDS = 10
# VmHWM is in KiB.
KIB_A_MIB = 1024


def measure(state: Path, rounds: int) -> Result:
    backlog.empty()
    backlog.fill(PENDING + DRAINED, COPIES)
    peaks = [peak_of_a_worker(state) for _ in range(rounds)]
    return Result(
        "Memory of a worker",
        f"The largest resident memory of a Celery worker's process that has at least {PENDING:,} pending"
        f" events before it, and drains for {SECONDS} seconds.",
        "MiB",
        {"the largest process": peaks},
        mark=300,
        is_ceiling=True,
        summary=only,
    )


def peak_of_a_worker(state: Path) -> float:
    from events.processing.drain import has_pending_events
    from events.tasks import drain

    with servers.worker(state, 1) as parent:
        drain.delay()
        deadline = time.monotonic() + SECONDS
        peak = 0.0
        while time.monotonic() < deadline and has_pending_events():
            peak = max([peak, *(_peak(pid) for pid in (parent, *_children(parent)))])
            time.sleep(0.5)
    return peak


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _peak(pid: int) -> float:
    """VmHWM of proc(5), in MiB; 0 for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) / KIB_A_MIB for line in lines if line.startswith("VmHWM:")), 0)
