"""Measures how fast a mirror is rebuilt and verified, compared with applying the same events."""

from bench import backlog
from bench.acts import run_act
from bench.report import Result, first_median

# With fewer, making and comparing the many tables of the shadow would be most of the time.
EVENTS = 20_000
ACTS = {
    "apply": "apply",
    "rebuild_mirror": "rebuild",
    "verify_mirror": "verify",
    "verify_mirror --digest": "digest",
}
MAX_MEMORY = 300


def measure(rounds: int) -> list[Result]:
    """Measure each act in each round, on a mirror made anew, and the memory of the one that rebuilds it."""
    figures: dict[str, list[float]] = {side: [] for side in ACTS}
    peaks: list[float] = []
    for _ in range(rounds):
        backlog.empty_tables()
        backlog.store_company_events(EVENTS)
        backlog.vacuum_analyze()
        for side, act in ACTS.items():
            timing = run_act(act)
            figures[side].append(EVENTS / timing.seconds)
            if act == "apply":
                backlog.vacuum_analyze()
            elif act == "rebuild":
                peaks.append(timing.peak)
    return [
        _compare("Rebuild", "rebuild_mirror", "apply", 1.5, figures),
        Result(
            "Memory of a rebuild",
            f"The peak of the resident memory of a process that runs `rebuild_mirror` of {EVENTS:,} events.",
            "MiB",
            {"rebuild_mirror": peaks},
            target=MAX_MEMORY,
            is_upper_limit=True,
            summary=first_median,
        ),
        _compare("Verify", "verify_mirror", "rebuild_mirror", 1, figures),
        _compare("Digest of the records", "verify_mirror --digest", "rebuild_mirror", 1, figures),
    ]


def _compare(title: str, side: str, other: str, target: float, figures: dict[str, list[float]]) -> Result:
    return Result(
        title,
        f"{EVENTS:,} events of an invented company. Events per second, each by one process of its own."
        " Rebuilding and verifying include the comparison of all tables, which are equal.",
        "per second",
        {name: figures[name] for name in (side, other)},
        target,
    )
