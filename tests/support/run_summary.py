"""The lines that end a run and say how much it tried, added up over its processes."""

from collections import Counter
from typing import Any

import pytest

COUNTS: Counter[str] = Counter()
# The count that must not be 0 for a line to be printed -> the line.
LINE_TEMPLATES = {
    "histories": "convergence: {histories:,} histories of {events:,} events, each in two orders,"
    " compared by digest",
    "judged": "oracle: {judged:,} histories, compared cell by cell",
    "concurrent": "concurrency: {concurrent:,} events by several workers, {killed:,} of them killed"
    " in a batch",
    "pruned": "pruning: {pruned:,} histories with prunings in between, rebuilt from the baseline",
    "interleaved": "changes: {interleaved:,} interleavings of two writers and a reader, nothing missed",
    "requests": "hostile: {requests:,} requests, {5xx:,} answered 5xx, {stored:,} stored,"
    " {pending:,} pending, {refused:,} refused by the database",
    "faults": "faults: {faults:,} faults, {delivered:,} deliveries, {accepted:,} answered 2xx,"
    " {unavailable:,} answered 503, {unanswered:,} without an answer, of which {kept:,} were stored all"
    " the same; {lost:,} lost",
    "clocks": "clocks: {clocks:,} were an hour off: of web servers, a worker and beats",
}
# Complete lines, of single tests.
EXTRA_LINES: list[str] = []
OUTPUT_KEY = "counts"


def summary_lines() -> list[str]:
    """Return the lines to print at the end of the run."""
    return [line.format_map(COUNTS) for name, line in LINE_TEMPLATES.items() if COUNTS[name]] + EXTRA_LINES


def send_to_controller(config: pytest.Config) -> None:
    """Hand this process's counts to the process that prints them, if this one is a worker of pytest-xdist."""
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[OUTPUT_KEY] = (dict(COUNTS), EXTRA_LINES)


def add_from_worker(output: dict[str, Any]) -> None:
    """Add what a worker has handed over with `send_to_controller`."""
    counts, extra_lines = output.get(OUTPUT_KEY, ({}, []))
    COUNTS.update(counts)
    EXTRA_LINES.extend(extra_lines)
