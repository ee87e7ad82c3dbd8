"""A circuit breaker: stops calling a service that fails, and probes it now and then until it answers."""

import threading
import time

import structlog

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


class CircuitBreaker:
    """The state of one service that may fail, such as the broker, as this process sees it.

    It is closed while the service answers. The first failure opens it and writes one log line,
    `<service>_away`; the first success closes it and writes `<service>_back`.

    context: further fields of these lines, if several circuits have one name.
    """

    def __init__(self, service: str, **context: str) -> None:
        self.service = service
        self._context = context
        self._is_open = False
        self._next_probe = 0.0
        self._lock = threading.Lock()

    def allows_call(self) -> bool:
        """Return True if the caller may try. While it is open, one caller per RETRY_SECONDS probes."""
        if not self._is_open:
            return True
        with self._lock:
            return self._claim_probe()

    def record_failure(self, error: Exception) -> None:
        """Open the circuit. Log only the error's class: its text may quote a statement and so a body."""
        with self._lock:
            self._next_probe = time.monotonic() + RETRY_SECONDS
            if not self._is_open:
                self._is_open = True
                log.warning(f"{self.service}_away", error=type(error).__name__, **self._context)

    def record_success(self) -> None:
        """Close the circuit. Takes the lock only if it is open, since every delivery calls this."""
        if not self._is_open:
            return
        with self._lock:
            if self._is_open:
                self._is_open = False
                log.warning(f"{self.service}_back", **self._context)

    def _claim_probe(self) -> bool:
        """Return True if the time for a probe has come, which the caller then makes. Needs the lock."""
        now = time.monotonic()
        if now < self._next_probe:
            return False
        self._next_probe = now + RETRY_SECONDS
        return True
