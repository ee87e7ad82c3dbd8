"""Two workers on two connections that apply batches at the same time."""

import threading
import time
from collections.abc import Sequence

from django.db import connection, transaction

from crmmirror.lib.database.cursors import fetch_value
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch

COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class OtherWorker(threading.Thread):
    """Applies a batch in a transaction of another connection."""

    def __init__(self, batch: Sequence[StoredEvent]) -> None:
        super().__init__()
        self.batch = batch

    def run(self) -> None:
        try:
            with transaction.atomic():
                process_batch(self.batch)
        finally:
            connection.close()

    def wait_until_blocked(self, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not fetch_value(COUNT_WAITING):
            assert self.is_alive(), "it did not wait for the other worker"
            assert time.monotonic() < deadline
            time.sleep(0.01)


def apply_at_the_same_time(first: Sequence[StoredEvent], second: Sequence[StoredEvent]) -> None:
    """Apply two batches in two transactions, of which the second begins before the first has committed."""
    other = OtherWorker(second)
    with transaction.atomic():
        process_batch(first)
        other.start()
        other.wait_until_blocked()
    other.join(20)
    assert not other.is_alive()
