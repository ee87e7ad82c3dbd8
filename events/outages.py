"""What the mirror needs and may be away: a line when it goes and one when it is back, few tries meanwhile."""

import threading
import time

import structlog

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


class Outage:
    """One thing that may be away, such as the broker; its state is this process's view of it."""

    def __init__(self, thing: str) -> None:
        self.thing = thing
        self._away = False
        self._next_try = 0.0
        self._lock = threading.Lock()

    def may_try(self) -> bool:
        """Whether the caller is to try now: while it is away, one of those who ask in RETRY_SECONDS is."""
        if not self._away:
            return True
        with self._lock:
            return self._takes_turn()

    def began(self, error: Exception) -> None:
        """Logs the kind of the error alone: its text may quote a statement and so a body."""
        with self._lock:
            self._next_try = time.monotonic() + RETRY_SECONDS
            if not self._away:
                self._away = True
                log.warning(f"{self.thing}_away", error=type(error).__name__)

    def over(self) -> None:
        """It has answered."""
        if not self._away:
            return
        with self._lock:
            if self._away:
                self._away = False
                log.warning(f"{self.thing}_back")

    def _takes_turn(self) -> bool:
        now = time.monotonic()
        if now < self._next_try:
            return False
        self._next_try = now + RETRY_SECONDS
        return True
