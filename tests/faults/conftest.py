"""Prints what the mirror went through, at the end of the run."""

from collections import Counter

import pytest

COUNTS: Counter[str] = Counter()
LINES: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTS["faults"]:
        LINES.insert(
            0,
            f"faults: {COUNTS['faults']} faults, {COUNTS['deliveries']:,} deliveries,"
            f" {COUNTS['2xx']:,} answered 2xx, {COUNTS['503']:,} answered 503,"
            f" {COUNTS['0']} without an answer, of which {COUNTS['stored']} were stored all the same;"
            f" {COUNTS['lost']} lost",
        )
    if COUNTS["clocks"]:
        LINES.append(f"clocks: {COUNTS['clocks']} were an hour off: of web servers, a worker and beats")
    for line in LINES:
        terminalreporter.write_line(line)
