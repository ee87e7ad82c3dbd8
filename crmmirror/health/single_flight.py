"""Looks at something that may not answer, in a time that the asker sets."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")
# How long what was seen is true enough: strangers who ask all the time cost one look in that time.
FRESH_SECONDS = 1.0


class SingleFlight(Generic[Result]):
    """One look at a time, in a thread of its own, shared by all who ask meanwhile and just after.

    So a look that hangs holds one thread, however often somebody asks.
    """

    def __init__(self, look: Callable[[], Result]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._latest: Future[Result] | None = None
        self._ended = 0.0

    def begin(self) -> Future[Result]:
        """What it will have seen; it may be seen already."""
        with self._lock:
            latest = self._latest
            if latest is None or (latest.done() and time.monotonic() - self._ended > FRESH_SECONDS):
                latest = self._latest = Future()
                threading.Thread(target=self._run, args=(latest,), daemon=True).start()
            return latest

    def _run(self, into: Future[Result]) -> None:
        try:
            seen = self._look()
        except Exception as error:
            self._ended = time.monotonic()
            into.set_exception(error)
        else:
            self._ended = time.monotonic()
            into.set_result(seen)
