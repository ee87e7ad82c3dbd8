"""Prints what the endpoint was made to swallow, at the end of the run."""

from collections import Counter

import pytest

COUNTS: Counter[str] = Counter()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTS["requests"]:
        terminalreporter.write_line(
            f"hostile: {COUNTS['requests']:,} requests, {COUNTS['5xx']} answered 5xx,"
            f" {COUNTS['stored']:,} stored, {COUNTS['pending']} pending,"
            f" {COUNTS['refused']} refused by the database"
        )
