"""Several sessions of the database in one thread, so that a test decides which of them goes on when."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

ALIAS = "default"


def open_session() -> BaseDatabaseWrapper:
    """Return another session of the tests' database; the caller closes it."""
    return connections[ALIAS].copy()


@contextmanager
def use_session(session: BaseDatabaseWrapper) -> Iterator[None]:
    """Let whatever asks for the default connection, in this thread, have that of a session meanwhile."""
    former = connections[ALIAS]
    connections[ALIAS] = session
    try:
        yield
    finally:
        connections[ALIAS] = former
