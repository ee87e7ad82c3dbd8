"""Counts the outcomes of the deliveries of one run of a command, and sums them up in one line."""

import time
from collections import Counter

from events.ingest.store import StoreResult


class DeliverySummary:
    """The outcomes so far; any outcome that is not a StoreResult counts as refused."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._started = time.monotonic()

    def add(self, outcome: str) -> None:
        """Count one delivery."""
        self._counts[outcome] += 1

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def refused(self) -> int:
        return self.total - sum(self._counts[outcome] for outcome in StoreResult)

    def __str__(self) -> str:
        """Return one line, such as:

        accepted 3, duplicate 1, malformed 0, refused with 401 2: 6 events in 0.1 s, 60 a second
        """
        seconds = time.monotonic() - self._started
        outcomes = [*StoreResult, *sorted(set(self._counts) - set(StoreResult))]
        parts = ", ".join(f"{outcome} {self._counts[outcome]}" for outcome in outcomes)
        rate = self.total / max(seconds, 0.001)
        return f"{parts}: {self.total} events in {seconds:.1f} s, {rate:.0f} a second"
