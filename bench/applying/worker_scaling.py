"""Measures how many events two worker processes apply per second, compared with one."""

import multiprocessing
from functools import partial

from bench import backlog
from bench.applying.apply_rate import measure_rate
from bench.report import Result

# With fewer, what a new process does first would be much of its time.
EVENTS = 10_000


def measure(rounds: int) -> Result:
    """Measure both numbers of processes in each round."""
    figures: dict[str, list[float]] = {"two processes": [], "one process": []}
    for _ in range(rounds):
        for name, count in (("two processes", 2), ("one process", 1)):
            figures[name].append(measure_rate(partial(drain, count), backlog.store_company_events, EVENTS))
    return Result(
        "Workers",
        f"The same {EVENTS:,} events of an invented company, applied to an empty mirror by two processes at"
        " the same time, and by one. The database is on the same machine.",
        "per second",
        figures,
        target=1.6,
    )


def drain(count: int) -> None:
    """Apply all pending events with so many processes. Raises RuntimeError if one of them fails."""
    from django.db import connection

    from events.processing.drain import drain_backlog

    # Processes that are forked must not share their parent's connections, nor its pool of them.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=drain_backlog) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"a process that applies events ended with {process.exitcode}")
