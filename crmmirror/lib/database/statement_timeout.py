"""A client-side statement timeout: bounds the wait for a database that does not answer (frozen, cable cut).

PostgreSQL's own `statement_timeout` cannot help there, since the frozen server is the one that measures it.
It also bounds what all statements of a request take together, which PostgreSQL does not measure.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import psycopg
from psycopg.errors import QueryCanceled
from psycopg.pq import TransactionStatus

# How long to wait until the server confirms that it has cancelled a statement. A server that waits for a
# lock, for example, confirms at once; a frozen one never does.
CANCEL_SECONDS = 0.5
# Later than any moment of the monotonic clock.
NEVER = float("inf")


class StatementTimeout(psycopg.OperationalError):
    """The server did not answer a statement in time: it is frozen, or cannot be reached."""


class RequestTimeout(psycopg.OperationalError):
    """The time of all statements together is over."""


class _Timeout(NamedTuple):
    """seconds: for each statement. deadline: of all of them, by the monotonic clock."""

    seconds: float
    deadline: float


_timeout: ContextVar[_Timeout | None] = ContextVar("statement_timeout", default=None)


@contextmanager
def statement_timeout(seconds: float, total: float = NEVER) -> Iterator[None]:
    """Bound each statement of this block to that many seconds; elsewhere statements have no bound.

    total: the seconds from now within which all statements of the block have to end. Within another block,
    the other's total holds too.
    """
    outer = _timeout.get()
    deadline = min(time.monotonic() + total, outer.deadline if outer else NEVER)
    token = _timeout.set(_Timeout(seconds, deadline))
    try:
        yield
    finally:
        _timeout.reset(token)


class TimeoutConnection(psycopg.Connection[Any]):
    """A connection that applies the bounds of `statement_timeout` to each statement.

    Raises StatementTimeout or RequestTimeout if the answer does not come in time. The connection is closed
    then, unless the server confirms that it has cancelled the statement.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer as long as `statement_timeout` allows. psycopg calls this for each statement."""
        bound = _timeout.get()
        if bound is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        began = time.monotonic()
        remaining = bound.deadline - began
        if remaining <= 0:
            # The server undoes what the transaction has done so far.
            self.pgconn.finish()
            raise RequestTimeout("the time of the request was over before this statement")
        seconds = min(bound.seconds, remaining)
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.OperationalError:
            is_late = time.monotonic() >= began + seconds
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self._cancel_or_close(gen)
                if is_late:
                    kind = RequestTimeout if remaining < bound.seconds else StatementTimeout
                    raise kind("the statement was not answered in time") from None
            raise

    def _cancel_or_close(self, gen: Any) -> None:
        """Cancel the statement. Close the connection unless the statement then ends as cancelled: a late
        answer would be read as that of the next statement, or a late cancellation would hit it."""
        try:
            self.cancel_safe(timeout=CANCEL_SECONDS)
            super().wait(gen, timeout=CANCEL_SECONDS)
        except QueryCanceled:
            return
        except psycopg.Error:
            pass
        self.pgconn.finish()
