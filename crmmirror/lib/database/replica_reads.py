"""Says whether this thread reads from a replica now, and leads single steps of it back to the primary.

The backend (crmmirror.postgresql) asks here from where to take a connection. A connection in use goes back
before the other server is asked, so that a thread holds one at a time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

# The header of an answer that was read from a replica.
BEHIND_HEADER = "X-Behind-Seconds"

_fresh_as_of: ContextVar[float | None] = ContextVar("replica_fresh_as_of", default=None)


class NeedsPrimary(Exception):
    """The replica cannot serve this request. Run it again on the primary."""


@contextmanager
def reading_from_replica(fresh_as_of: float) -> Iterator[None]:
    """Let the statements of this block go to the replica.

    fresh_as_of: the replica has what was committed before this time, in seconds since 1970.
    """
    with _switch(fresh_as_of):
        yield


@contextmanager
def on_primary() -> Iterator[None]:
    """Let the statements of this block go to the primary: those that write, or must not read what is old."""
    if not reads_from_replica():
        yield
        return
    with _switch(None):
        yield


def reads_from_replica() -> bool:
    return _fresh_as_of.get() is not None


def replica_freshness() -> float | None:
    """Return the time of what is read now, as `reading_from_replica` was told; None on the primary."""
    return _fresh_as_of.get()


@contextmanager
def _switch(fresh_as_of: float | None) -> Iterator[None]:
    _give_back()
    token = _fresh_as_of.set(fresh_as_of)
    try:
        yield
    finally:
        _give_back()
        _fresh_as_of.reset(token)


def _give_back() -> None:
    """Give the connection back to its pool. Raises NeedsPrimary within a transaction."""
    if connection.in_atomic_block:
        raise NeedsPrimary
    connection.close()
