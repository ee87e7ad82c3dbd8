"""The log of readers who were refused: one line in ten seconds, however many there are."""

import time
from threading import Lock

import structlog

from crmmirror.lib.web.busy_responses import Busy

log = structlog.get_logger(__name__)

LOG_SECONDS = 10.0


class RefusalLog:
    """Counts refusals, and logs how many there were at most once in LOG_SECONDS."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._next_line_at = 0.0

    def add(self, path: str, busy: Busy) -> None:
        """Count one refusal; log a line with its path and reason if the last line is long enough ago."""
        with self._lock:
            self._count += 1
            now = time.monotonic()
            if now < self._next_line_at:
                return
            count, self._count = self._count, 0
            self._next_line_at = now + LOG_SECONDS
        log.warning("readers_refused", count=count, status=busy.status.value, reason=busy.heading, path=path)


log_refusal = RefusalLog().add
