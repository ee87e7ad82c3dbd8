"""Upload slots: bound how many request bodies one process waits for at once.

Only its sender ends the wait for a slow body, and each wait holds a thread of the web server. With a bound,
in all and per client, slow senders cannot use up all threads, and those that are left serve the others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from crmmirror.lib.client_address import client_address, client_key


class NoFreeSlot(Exception):
    """All slots, or all that one client may hold, are taken."""


class UploadSlots:
    """The slots of one process: `total` of them, of which one client may hold `per_client`."""

    def __init__(self, total: int, per_client: int) -> None:
        self._total = total
        self._per_client = per_client
        self._lock = Lock()
        self._held = 0
        self._held_by: Counter[str] = Counter()

    @contextmanager
    def hold(self, environ: Mapping[str, Any]) -> Iterator[None]:
        """Hold a slot for the client of a request. Raises NoFreeSlot, at once. environ: by WSGI."""
        client = client_key(client_address(environ))
        self._acquire(client)
        try:
            yield
        finally:
            self._release(client)

    def _acquire(self, client: str) -> None:
        with self._lock:
            if self._held >= self._total or self._held_by.get(client, 0) >= self._per_client:
                raise NoFreeSlot
            self._held += 1
            self._held_by[client] += 1

    def _release(self, client: str) -> None:
        with self._lock:
            self._held -= 1
            self._held_by[client] -= 1
            if not self._held_by[client]:
                del self._held_by[client]


# Out of some 256 threads: the embedded stack has as many (`crmmirror.embedded.stack.WEB_THREADS`).
delivery_slots = UploadSlots(total=192, per_client=64)
# What people send arrives at once, and nobody needs to be known to send something.
page_slots = UploadSlots(total=32, per_client=8)
