"""The limit on wrong METRICS_TOKENs, kept in memory: the metrics are read while the database is away, too."""

import threading
import time
from collections import OrderedDict

from crmmirror.lib.token_bucket import Limit

# Clients whose buckets are remembered. Of more, those who failed the longest time ago are forgotten.
MAX_CLIENTS = 10_000


class MemoryTokenBuckets:
    """Token buckets by key, for one process: each process of a web server counts by itself."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        # The time, by the monotonic clock, at which each bucket is full again; the latest failure comes last.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def consume(self, key: str) -> float:
        """Consume one unit. Return 0, or the seconds until a unit is available."""
        now = time.monotonic()
        with self._lock:
            seconds_until_full = max(self._full_at.get(key, now) - now, 0.0)
            wait_seconds = self._limit.wait_seconds(seconds_until_full)
            if wait_seconds > 0:
                return wait_seconds
            self._full_at[key] = now + seconds_until_full + self._limit.refill_seconds
            self._full_at.move_to_end(key)
            if len(self._full_at) > MAX_CLIENTS:
                self._full_at.popitem(last=False)
        return 0.0
