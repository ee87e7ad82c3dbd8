"""The processor time of Python by room: of this project by its folders, of libraries by their names."""

import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
LIBRARIES = "site-packages"
OWN = ("crmmirror", "events", "entities")
STANDARD_LIBRARY = "Python's own library"
# Of the time; the rooms with less are one row.
MIN_SHARE = 0.01


def measure_shares(act: Callable[[], object]) -> list[tuple[str, float]]:
    """Return each room's share of the processor time of what a function does, the largest first; in sum 1.

    The profiler makes calls slower than they are: it says nothing about seconds.
    """
    profile = cProfile.Profile(time.process_time)
    profile.runcall(act)
    times = _add_up(pstats.Stats(profile))
    total = sum(times.values())
    large = [(room, spent / total) for room, spent in times.most_common() if spent >= MIN_SHARE * total]
    return [*large, ("all others", 1 - sum(share for _, share in large))]


def format_shares(shares: list[tuple[str, float]], microseconds: float) -> list[tuple[str, ...]]:
    """Return a row of cells for each room, with its part of so many microseconds, and one for all of them."""
    rows = [("all", 1.0), *shares]
    return [(room, f"{microseconds * share:,.0f}", f"{share:.0%}") for room, share in rows]


def _add_up(stats: pstats.Stats) -> Counter[str]:
    """Return the time spent in each room. A built-in function counts for the rooms of its callers."""
    times: Counter[str] = Counter()
    for (file, _, _), (_, _, spent, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if file != "~":
            times[_name_room(file)] += spent
        for (caller, _, _), (_, _, share, _) in callers.items() if file == "~" else ():
            times[_name_room(caller)] += share
    return times


def _name_room(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(PROJECT) and LIBRARIES not in path.parts:
        folders = path.relative_to(PROJECT).parts[:-1]
        return "/".join(folders[:2]) if folders and folders[0] in OWN else "the measurement"
    if LIBRARIES in path.parts:
        return path.parts[path.parts.index(LIBRARIES) + 1].removesuffix(".py")
    return STANDARD_LIBRARY
