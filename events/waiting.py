"""How many bodies are waited for at once.

Only its sender ends the wait for a slow body, and each holds a thread of the web server. So a process
waits for so many at most, in all and of each address, and the threads that are left serve the others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from events import networks


class TooMany(Exception):
    """No further body is waited for now."""


class Places:
    """What one process waits for at most; of_one: of one address."""

    def __init__(self, in_all: int, of_one: int) -> None:
        self._in_all = in_all
        self._of_one = of_one
        self._lock = Lock()
        self._taken = 0
        self._taken_by: Counter[str] = Counter()

    @contextmanager
    def taken(self, environ: Mapping[str, Any]) -> Iterator[None]:
        """A place for the sender of that request, by WSGI. Raises TooMany, at once."""
        sender = networks.origin(networks.remote_address(environ))
        self._take(sender)
        try:
            yield
        finally:
            self._leave(sender)

    def _take(self, sender: str) -> None:
        with self._lock:
            if self._taken >= self._in_all or self._taken_by.get(sender, 0) >= self._of_one:
                raise TooMany
            self._taken += 1
            self._taken_by[sender] += 1

    def _leave(self, sender: str) -> None:
        with self._lock:
            self._taken -= 1
            self._taken_by[sender] -= 1
            if not self._taken_by[sender]:
                del self._taken_by[sender]


# Of some 256 threads: the embedded stack has as many.
of_deliveries = Places(in_all=192, of_one=64)
# What people send comes at once, and nobody needs to be known to send some.
of_pages = Places(in_all=32, of_one=8)
