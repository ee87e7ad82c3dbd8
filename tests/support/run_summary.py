"""How much the run tried, added up over its processes, in the lines that it ends with."""

from collections import Counter
from typing import Any

import pytest

COUNTS: Counter[str] = Counter()
# What a line needs to be printed at all, and the line.
LINE_TEMPLATES = {
    "histories": "convergence: {histories:,} histories of {events:,} events, each in two orders,"
    " compared by digest",
    "judged": "oracle: {judged:,} histories, compared cell by cell",
    "concurrent": "concurrency: {concurrent:,} events by several workers, {killed:,} of them killed"
    " in a batch",
    "requests": "hostile: {requests:,} requests, {5xx:,} answered 5xx, {stored:,} stored,"
    " {pending:,} pending, {refused:,} refused by the database",
    "faults": "faults: {faults:,} faults, {delivered:,} deliveries, {accepted:,} answered 2xx,"
    " {unavailable:,} answered 503, {unanswered:,} without an answer, of which {kept:,} were stored all"
    " the same; {lost:,} lost",
    "clocks": "clocks: {clocks:,} were an hour off: of web servers, a worker and beats",
}
# Lines of single tests.
EXTRA_LINES: list[str] = []
OUTPUT_KEY = "counts"


def summary_lines() -> list[str]:
    return [line.format_map(COUNTS) for name, line in LINE_TEMPLATES.items() if COUNTS[name]] + EXTRA_LINES


def send_to_controller(config: pytest.Config) -> None:
    """To the process that prints, where this one works for it."""
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[OUTPUT_KEY] = (dict(COUNTS), EXTRA_LINES)


def add_from_worker(output: dict[str, Any]) -> None:
    """What another process has passed on."""
    counts, said = output.get(OUTPUT_KEY, ({}, []))
    COUNTS.update(counts)
    EXTRA_LINES.extend(said)
