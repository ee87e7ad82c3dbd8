"""A client-side statement timeout: bounds the wait for a database that does not answer (frozen, cable cut).

PostgreSQL's own `statement_timeout` cannot help there, since the frozen server is the one that measures it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

# How long to wait until the server confirms that it has cancelled a statement. A server that waits for a
# lock, for example, confirms at once; a frozen one never does.
CANCEL_SECONDS = 0.5

_timeout_seconds: ContextVar[float | None] = ContextVar("statement_timeout", default=None)


@contextmanager
def statement_timeout(seconds: float) -> Iterator[None]:
    """Bound each statement of this block to that many seconds; elsewhere statements have no bound."""
    token = _timeout_seconds.set(seconds)
    try:
        yield
    finally:
        _timeout_seconds.reset(token)


class TimeoutConnection(psycopg.Connection[Any]):
    """A connection that applies the bound of `statement_timeout` to each statement.

    Raises psycopg.OperationalError if the answer does not come in time; the connection is closed then.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer as long as `statement_timeout` allows. psycopg calls this for each statement."""
        try:
            return super().wait(gen, interval, _timeout_seconds.get() if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self._cancel_and_close()
            raise

    def _cancel_and_close(self) -> None:
        """Cancel the statement, and close the connection in any case: a late answer would otherwise be read
        as the answer to the next statement."""
        with suppress(psycopg.Error):
            self.cancel_safe(timeout=CANCEL_SECONDS)
        self.pgconn.finish()
