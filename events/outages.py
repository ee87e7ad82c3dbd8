"""A line when something that the mirror needs goes away, and one when it is back."""

import threading

import structlog

log = structlog.get_logger(__name__)


class Outage:
    """One thing that may be away, such as the broker; its state is this process's view of it."""

    def __init__(self, thing: str) -> None:
        self.thing = thing
        self._away = False
        self._lock = threading.Lock()

    def began(self, error: Exception) -> None:
        """Logs the kind of the error alone: its text may quote a statement and so a body."""
        with self._lock:
            if not self._away:
                self._away = True
                log.warning(f"{self.thing}_away", error=type(error).__name__)

    def over(self) -> None:
        if not self._away:
            return
        with self._lock:
            if self._away:
                self._away = False
                log.warning(f"{self.thing}_back")
