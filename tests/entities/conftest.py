"""Prints how much the properties were tried on, at the end of the run."""

from collections import Counter

import pytest

COUNTS: Counter[str] = Counter()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTS["histories"]:
        terminalreporter.write_line(
            f"convergence: {COUNTS['histories']} histories of {COUNTS['events']} events,"
            " each in two orders, compared by digest"
        )
    if COUNTS["judged"]:
        terminalreporter.write_line(f"oracle: {COUNTS['judged']} histories, compared cell by cell")
    if COUNTS["concurrent"]:
        terminalreporter.write_line(
            f"concurrency: {COUNTS['concurrent']} events by several workers,"
            f" {COUNTS['killed']} of them killed in a batch"
        )
