"""Measures how fast a mirror is verified and rebuilt, compared with applying the same events."""

import time
from collections.abc import Callable
from typing import Any

from bench import backlog
from bench.applying.apply_rate import measure_rate
from bench.report import Result

# With fewer, making and comparing the many tables of the shadow would be most of the time.
EVENTS = 20_000


def measure(rounds: int) -> list[Result]:
    """Measure rebuild against apply, and verify against rebuild, in each round on a mirror made anew."""
    from events.processing.drain import drain_backlog
    from events.rebuild.replacement import replace_mirror
    from events.rebuild.verification import compare_with_log

    folds: dict[str, Callable[[], Any]] = {
        "rebuild_mirror": lambda: replace_mirror(_ignore_progress),
        "verify_mirror": lambda: compare_with_log(_ignore_progress, limit=0),
    }
    figures: dict[str, list[float]] = {name: [] for name in ("apply", *folds)}
    for _ in range(rounds):
        figures["apply"].append(measure_rate(drain_backlog, backlog.store_company_events, EVENTS))
        backlog.vacuum_analyze()
        for name, fold in folds.items():
            started_at = time.perf_counter()
            fold()
            figures[name].append(EVENTS / (time.perf_counter() - started_at))
    return [
        _compare("Rebuild", "rebuild_mirror", "apply", 1.5, figures),
        _compare("Verify", "verify_mirror", "rebuild_mirror", 1, figures),
    ]


def _compare(title: str, side: str, other: str, target: float, figures: dict[str, list[float]]) -> Result:
    return Result(
        title,
        f"{EVENTS:,} events of an invented company. Events per second, each by one process. Rebuilding and"
        " verifying include the comparison of all tables, which are equal.",
        "per second",
        {name: figures[name] for name in (side, other)},
        target,
    )


def _ignore_progress(count: int) -> None:
    pass
