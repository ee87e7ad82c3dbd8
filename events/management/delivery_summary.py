"""What became of the events of one run of a command, counted and in words."""

import time
from collections import Counter

from events.ingest.store import StoreResult


class DeliverySummary:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._started = time.monotonic()

    def add(self, outcome: str) -> None:
        self.counts[outcome] += 1

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def refused(self) -> int:
        return self.total - sum(self.counts[outcome] for outcome in StoreResult)

    def __str__(self) -> str:
        """`accepted 3, duplicate 1, malformed 0, refused with 401 2: 6 events in 0.1 s, 60 a second`."""
        seconds = time.monotonic() - self._started
        named = [*StoreResult, *sorted(set(self.counts) - set(StoreResult))]
        parts = ", ".join(f"{name} {self.counts[name]}" for name in named)
        rate = self.total / max(seconds, 0.001)
        return f"{parts}: {self.total} events in {seconds:.1f} s, {rate:.0f} a second"
