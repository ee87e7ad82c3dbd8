"""Upload slots: bound how many request bodies one process waits for at once.

A slow body keeps a thread of the web server waiting, for as long as its sender likes. With a bound in total
and one per client, slow senders cannot use up all threads, and the remaining ones serve the other clients.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from crmmirror.lib.web.client_address import client_address, client_key


class NoFreeSlot(Exception):
    """All slots are in use, or the client already holds as many as one client may."""


class UploadSlots:
    """The slots of one process: `total` of them, of which one client may hold `per_client`."""

    def __init__(self, total: int, per_client: int) -> None:
        self._total = total
        self._per_client = per_client
        self._lock = Lock()
        self._slots_in_use = 0
        self._slots_by_client: Counter[str] = Counter()

    @contextmanager
    def hold(self, environ: Mapping[str, Any]) -> Iterator[None]:
        """Hold a slot for the client of a request. Raises NoFreeSlot at once if there is none."""
        client = client_key(client_address(environ))
        self._acquire(client)
        try:
            yield
        finally:
            self._release(client)

    def _acquire(self, client: str) -> None:
        with self._lock:
            if self._slots_in_use >= self._total or self._slots_by_client.get(client, 0) >= self._per_client:
                raise NoFreeSlot
            self._slots_in_use += 1
            self._slots_by_client[client] += 1

    def _release(self, client: str) -> None:
        with self._lock:
            self._slots_in_use -= 1
            self._slots_by_client[client] -= 1
            if not self._slots_by_client[client]:
                del self._slots_by_client[client]


# Together 224, of the 512 threads that a web process should have: the embedded stack starts it with as many
# (`crmmirror.embedded.stack.WEB_THREADS`). Readers hold 32 at most (`crmmirror.readers`) and bodies that
# nobody reads 192 (`crmmirror.lib.web.lingering_close`), so that 64 threads always serve deliveries whose
# body has arrived.
delivery_slots = UploadSlots(total=192, per_client=64)
# For forms. Few, because a person's form arrives quickly, and because strangers can post forms too.
page_slots = UploadSlots(total=32, per_client=8)
