"""The consumer of a worker, which waits between two attempts to come back to its broker."""

import time

from celery.worker.consumer import Consumer

PAUSE_SECONDS = 1.0


class BackOffConsumer(Consumer):
    """Celery's consumer, with a back-off after each failure.

    A broker that answers and refuses every write, being read-only or out of memory, fails each attempt at
    once. Celery's own consumer would then try several times a second, with a traceback each second.
    """

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        super().on_connection_error_before_connected(exc)
        time.sleep(PAUSE_SECONDS)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        super().on_connection_error_after_connected(exc)
        time.sleep(PAUSE_SECONDS)
