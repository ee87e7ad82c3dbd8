"""A debouncer: turns any number of calls into at most one run per interval, in a thread of its own.

Used to wake the workers and to write refusals, so that neither adds to the answer that a vendor waits for.
"""

import os
import threading
import time
from collections.abc import Callable

from crmmirror.lib.circuit_breaker import CircuitBreaker

FAILURE_PAUSE_SECONDS = 1.0


class Debouncer:
    """Runs `action` soon after `trigger`, at most once per `interval` seconds.

    service: what the action calls, as the circuit breaker names it in the log.
    """

    def __init__(self, action: Callable[[], None], interval: float, service: str) -> None:
        self._action = action
        self._interval = interval
        self._circuit = CircuitBreaker(service)
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def trigger(self) -> None:
        """Ask for a run. Returns at once, and never raises."""
        if self._requested.is_set():
            return
        self._requested.set()
        if self._thread is None:
            self._start_thread()

    def run_now(self) -> bool:
        """Run the action in the calling thread; return False if it failed.

        For a process that is about to end, which cannot wait for the debouncer's thread.
        """
        try:
            self._action()
        except Exception as error:
            self._circuit.record_failure(error)
            return False
        self._circuit.record_success()
        return True

    def _reset(self) -> None:
        """Start anew after a fork: threads, and the locks that they hold, do not survive one."""
        self._requested = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def _start_thread(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="debouncer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            time.sleep(self._interval if self.run_now() else FAILURE_PAUSE_SECONDS)
