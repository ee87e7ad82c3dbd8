"""How long a statement waits for a database that does not answer: a frozen server, a cut cable."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

# A server that waits for a lock, say, still listens; one that is frozen does not.
CANCEL_SECONDS = 0.5

_seconds: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Each statement of this block waits so long at most; elsewhere it waits for as long as it takes."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


class PatientConnection(psycopg.Connection):
    """Raises psycopg.OperationalError where the answer does not come in time; it is closed then."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, _seconds.get() if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self._give_up()
            raise

    def _give_up(self) -> None:
        """Asks the server to stop, and closes the connection in any case: a late answer would be taken for
        that of the next statement."""
        with suppress(psycopg.Error):
            self.cancel_safe(timeout=CANCEL_SECONDS)
        self.pgconn.finish()
