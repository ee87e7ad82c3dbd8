"""The refusals that this process has not written to the database yet: counts of all, samples of some."""

import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crmmirror.lib.web.client_address import client_address
from crmmirror.lib.web.content_length import announced_bytes
from events.refusals.reasons import Refused

# How many refusals of one source and reason a process samples in a minute.
MAX_SAMPLES_A_MINUTE = 5
# How much one process holds while the database is away.
MAX_COUNTS = 10_000
MAX_SAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class CountKey:
    """The key by which refusals are counted, as in `events.models.RefusalCount`."""

    source_id: int | None
    reason: str
    hour: datetime


@dataclass(frozen=True, slots=True)
class RefusalSample:
    """A refusal as it is stored; the fields of `events.models.Refusal`."""

    source_id: int | None
    reason: str
    detail: str
    refused_at: datetime
    remote_address: str | None
    size: int | None


Counts = Counter[CountKey]


class RefusalBuffer:
    """A bounded buffer in memory. Any number of threads add to it; one takes its content out to write it."""

    def __init__(self) -> None:
        self.clear()
        os.register_at_fork(after_in_child=self.clear)

    def clear(self) -> None:
        """Forget everything, as after a fork: the parent process writes what was added before it."""
        self._lock = threading.Lock()
        self._counts: Counts = Counter()
        self._samples: list[RefusalSample] = []
        self._minute = 0
        self._samples_of_minute: Counter[tuple[int | None, str]] = Counter()

    def add(self, refused: Refused, environ: Mapping[str, Any]) -> bool:
        """Count a refusal, and sample it if there is room; return True if it is sampled. environ: by WSGI."""
        now = datetime.now(UTC)
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._add_count(CountKey(refused.source_id, str(refused.reason), hour), 1)
            is_sampled = self._consume_sample(refused.source_id, str(refused.reason))
            if is_sampled:
                self._samples.append(_make_sample(refused, now, environ))
        return is_sampled

    def take_all(self) -> tuple[Counts, list[RefusalSample]]:
        """Remove and return all counts and samples."""
        with self._lock:
            content = self._counts, self._samples
            self._counts, self._samples = Counter(), []
        return content

    def put_back(self, counts: Counts, samples: list[RefusalSample]) -> None:
        """Put back what `take_all` returned and could not be written."""
        with self._lock:
            for key, count in counts.items():
                self._add_count(key, count)
            self._samples = (samples + self._samples)[:MAX_SAMPLES]

    def _add_count(self, key: CountKey, count: int) -> None:
        if key in self._counts or len(self._counts) < MAX_COUNTS:
            self._counts[key] += count

    def _consume_sample(self, source_id: int | None, reason: str) -> bool:
        """Return True if one more refusal may be sampled, and count it for this minute."""
        if (minute := current_minute()) != self._minute:
            self._minute = minute
            self._samples_of_minute.clear()
        if len(self._samples) >= MAX_SAMPLES:
            return False
        if self._samples_of_minute[source_id, reason] >= MAX_SAMPLES_A_MINUTE:
            return False
        self._samples_of_minute[source_id, reason] += 1
        return True


def current_minute() -> int:
    """Return a number that differs in each minute; changes of the system clock do not affect it."""
    return int(time.monotonic() // 60)


def _make_sample(refused: Refused, at: datetime, environ: Mapping[str, Any]) -> RefusalSample:
    address = client_address(environ)
    return RefusalSample(
        refused.source_id,
        str(refused.reason),
        refused.detail,
        at,
        str(address) if address else None,
        announced_bytes(environ),
    )
