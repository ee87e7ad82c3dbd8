"""A steady pace for measurements that must not run as fast as possible."""

import time
from collections.abc import Iterator


def paced_range(count: int, per_second: float) -> Iterator[int]:
    """Yield 0 to count - 1, each not before its time. After a delay the next ones follow without a pause."""
    started_at = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started_at + number / per_second - time.monotonic()))
        yield number
