"""The two pools of connections, and which of them a thread is given its connection from.

Readers have a pool of their own, so that they cannot use up the connections that deliveries need: many
people may wait for one slow query, or for a table that a schema change has locked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto


class Pool(Enum):
    """DELIVERIES serves whatever is not a reader, too: the threads beside requests, workers and commands."""

    DELIVERIES = auto()
    READERS = auto()


_chosen_pool: ContextVar[Pool] = ContextVar("connection_pool", default=Pool.DELIVERIES)


@contextmanager
def use_pool(pool: Pool) -> Iterator[None]:
    """Take the connection that this block opens from that pool. One that is open already stays in use."""
    token = _chosen_pool.set(pool)
    try:
        yield
    finally:
        _chosen_pool.reset(token)


def chosen_pool() -> Pool:
    """Return the pool from which this thread now takes a connection."""
    return _chosen_pool.get()
