"""Logs that a process waits for migrations of its code."""

import time

import structlog

from crmmirror.lib.database.required_migrations import MigrationsMissing

log = structlog.get_logger(__name__)

# Between two lines of one wait: a sweep meets it every two seconds.
REPORT_SECONDS = 60.0
REMEDY = "Run manage.py migrate. The events stay pending meanwhile."


class MigrationReport:
    """Writes a line when the wait begins, another one every REPORT_SECONDS, and one when it ends."""

    def __init__(self) -> None:
        self._last_line: float | None = None

    def note_wait(self, missing: MigrationsMissing) -> None:
        """Log that the process waits, if it is time for a line."""
        now = time.monotonic()
        if self._last_line is None or now - self._last_line >= REPORT_SECONDS:
            self._last_line = now
            log.warning("migrations_missing", first=missing.names[0], count=len(missing.names), do=REMEDY)

    def note_end(self) -> None:
        """Log that the process goes on, if it has waited."""
        if self._last_line is not None:
            self._last_line = None
            log.warning("migrations_applied")
