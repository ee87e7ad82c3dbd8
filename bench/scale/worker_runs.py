"""Applies a backlog by several real worker processes, and records what they used and for what they waited."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bench import backlog
from bench.scale.batch_probe import BatchCosts, BatchProbe
from bench.scale.lock_log import LockWait, read_waits
from bench.scale.meeting_events import SourcedBody, store_bodies, store_sources
from bench.scale.processor_time import count_free_cores, read_machine_time

FLUSHES = "SELECT wal_sync, wal_sync_time / 1000 FROM pg_stat_wal"
MAX_START_SECONDS = 60
# Workers that claim at the same moment share the next events between them, one by one, and so would not get
# the batches that were made for them. A claim takes some milliseconds.
STAGGER_SECONDS = 0.03


@dataclass(frozen=True)
class WorkerRun:
    """The time that so many workers used until the backlog was empty.

    seconds: of the clock, from the moment at which all were ready. free_cores: how many cores they could
    use, the rest of the machine's being taken by others. flush_seconds: the mean time that a commit waited
    for the disk. batches: of all workers, in the order of their first events.
    """

    workers: int
    events: int
    seconds: float
    free_cores: float
    flush_seconds: float
    batches: list[BatchCosts]
    waits: list[LockWait]

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    @property
    def waited_share(self) -> float:
        """The part of all workers' time in which they waited for locks."""
        return sum(wait.seconds for wait in self.waits) / (self.seconds * self.workers)

    @property
    def python(self) -> float:
        """The processor seconds of Python for each event."""
        return sum(cost.python for batch in self.batches for cost in batch.steps.values()) / self.events

    @property
    def database(self) -> float:
        """The processor seconds of the workers' sessions at the database for each event."""
        return sum(cost.database for batch in self.batches for cost in batch.steps.values()) / self.events


@dataclass(frozen=True)
class _WorkerReport:
    """The report of one worker at its end."""

    session: int
    ended_at: float
    batches: list[BatchCosts]


def run_workers(
    count: int, former: Sequence[SourcedBody], batches: Sequence[Sequence[SourcedBody]], log: Path
) -> WorkerRun:
    """Apply the former events, and then measure so many workers that apply the batches.

    log: the server's.
    """
    from crmmirror.lib.database.cursors import execute, fetch_rows
    from events.processing.drain import drain_backlog

    backlog.empty_tables()
    sources = store_sources([*former, *(body for batch in batches for body in batch)])
    store_bodies(former, sources)
    drain_backlog()
    store_bodies([body for batch in batches for body in batch], sources)
    backlog.vacuum_analyze()
    execute("CHECKPOINT")
    offset = log.stat().st_size
    flushes = fetch_rows(FLUSHES)[0]
    started_at, free_cores, reports = _run_processes(count)
    # Of sessions that have ended, the statistics are there at once.
    ended_flushes = fetch_rows(FLUSHES)[0]
    syncs = max(1, ended_flushes[0] - flushes[0])
    sessions = {report.session for report in reports}
    return WorkerRun(
        workers=count,
        events=sum(len(batch) for batch in batches),
        seconds=max(report.ended_at for report in reports) - started_at,
        free_cores=free_cores,
        flush_seconds=(ended_flushes[1] - flushes[1]) / syncs,
        batches=sorted(
            (batch for report in reports for batch in report.batches), key=lambda batch: batch.first_event
        ),
        waits=[wait for wait in read_waits(log, offset) if wait.pid in sessions],
    )


def _run_processes(count: int) -> tuple[float, float, list[_WorkerReport]]:
    """Return when all workers had started, how many cores were free for them, and their reports.

    Raises RuntimeError if one of them fails.
    """
    from django.db import connection

    # Processes that are forked must not share their parent's connections, nor its pool of them.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(count + 1)
    pipes = [context.Pipe(duplex=False) for _ in range(count)]
    processes = [
        context.Process(target=_work, args=(barrier, sender, number * STAGGER_SECONDS))
        for number, (_, sender) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    barrier.wait(MAX_START_SECONDS)
    before, started_at = read_machine_time(), time.monotonic()
    reports: list[_WorkerReport] = []
    for (receiver, sender), process in zip(pipes, processes, strict=True):
        # Else nobody would notice the end of a process that fails.
        sender.close()
        try:
            reports.append(receiver.recv())
        except EOFError:
            process.join()
            raise RuntimeError(f"a worker ended with {process.exitcode}") from None
    after = read_machine_time()
    for process in processes:
        process.join()
    used = sum(cost.total for report in reports for batch in report.batches for cost in batch.steps.values())
    return started_at, count_free_cores(before, after, used), reports


def _work(barrier: Barrier, sender: Connection, delay: float) -> None:
    """Apply pending events until there are none, after so many seconds. Runs in a process of its own."""
    from crmmirror.lib.database.cursors import fetch_value
    from events.processing.drain import drain_backlog

    session = fetch_value("SELECT pg_backend_pid()")
    probe = BatchProbe(session)
    with probe.watch():
        barrier.wait(MAX_START_SECONDS)
        time.sleep(delay)
        drain_backlog()
    sender.send(_WorkerReport(session, time.monotonic(), probe.batches))
