"""Single flight: one call of a function at a time, whose result is shared by all who ask meanwhile.

Used for readiness checks: the database that a check asks may not answer, and anybody may ask for the check.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")
# How long a result is cached: strangers who ask all the time cause one call in that time.
CACHE_SECONDS = 1.0


class SingleFlight(Generic[Result]):
    """Runs a function in a thread, never twice at the same time.

    A call that hangs therefore holds one thread, however often somebody asks.
    """

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._latest: Future[Result] | None = None
        self._ended_at = 0.0

    def start(self) -> Future[Result]:
        """Return the future of a call: one that runs, one that ended within CACHE_SECONDS, or a new one."""
        with self._lock:
            if self._latest is None or self._is_expired(self._latest):
                self._latest = Future()
                threading.Thread(target=self._run, args=(self._latest,), daemon=True).start()
            return self._latest

    def _is_expired(self, latest: Future[Result]) -> bool:
        return latest.done() and time.monotonic() - self._ended_at > CACHE_SECONDS

    def _run(self, future: Future[Result]) -> None:
        # The time is set before the result, because `start` reads it once the future is done.
        try:
            result = self._function()
        except Exception as error:
            self._ended_at = time.monotonic()
            future.set_exception(error)
        else:
            self._ended_at = time.monotonic()
            future.set_result(result)
