"""Watches, over a connection of its own, which sessions hold the locks that another connection waits for."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import Error, connection

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.postgresql.schema import LOCK_TIMEOUT_SECONDS

POLL_SECONDS = 0.25
# The first line about a wait, and the time between two. Waits that are cut get none.
FIRST_REPORT_SECONDS = LOCK_TIMEOUT_SECONDS + 1
REPORT_SECONDS = 60.0
# Never the session's statement: it may contain a value. Of other users' sessions a user without
# pg_read_all_stats sees no times.
HOLDERS = """
    SELECT pid, usename, application_name, state, xact_start, clock_timestamp()
    FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(%s)) ORDER BY xact_start, pid
"""


@dataclass(frozen=True)
class LockHolder:
    """A session that is in the way. since: the start of its transaction; None if this user may not see it."""

    pid: int
    user: str | None
    application: str
    state: str | None
    since: datetime | None
    now: datetime

    def __str__(self) -> str:
        """Describe the session to the operator, who may want to end it by its pid."""
        words = [f"user {self.user or '?'}", self.application or "no application name", self.state or "?"]
        if self.since:
            words.append(f"in a transaction for {(self.now - self.since).total_seconds():.0f} s")
        return f"pid {self.pid} ({', '.join(words)})"


class LockWatch:
    """A thread that looks up the holders while its block runs, and reports a wait that lasts.

    pid: of the backend that may wait. report: takes a line of text.
    """

    def __init__(self, pid: int, report: Callable[[str], object]) -> None:
        self._pid = pid
        self._report = report
        self._holders: list[LockHolder] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_over.set()
        self._thread.join()

    def describe(self) -> str:
        """Return who was in the way last, the oldest transaction first."""
        return "; ".join(map(str, self._holders)) or "a session that has ended meanwhile"

    def _watch(self) -> None:
        try:
            self._watch_until_over()
        except Error:
            # Only the names are missing then. The migration itself meets whatever the matter is.
            return
        finally:
            connection.close()

    def _watch_until_over(self) -> None:
        report_at = None
        while not self._is_over.wait(POLL_SECONDS):
            holders = [LockHolder(*row) for row in fetch_rows(HOLDERS, self._pid)]
            if not holders:
                report_at = None
                continue
            self._holders = holders
            now = time.monotonic()
            report_at = now + FIRST_REPORT_SECONDS if report_at is None else report_at
            if now >= report_at:
                self._report(f"waits for {self.describe()}")
                report_at = now + REPORT_SECONDS
