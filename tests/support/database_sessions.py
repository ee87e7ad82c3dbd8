"""Several sessions of the database in one thread, so that a test decides which of them goes on when."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

ALIAS = "default"


def open_session(database: str = "") -> BaseDatabaseWrapper:
    """Return another session of the tests' database, or of the one with this name; the caller closes it."""
    # Connections are pooled by the alias.
    session = connections[ALIAS].copy(alias=f"{ALIAS}-{database}" if database else ALIAS)
    session.settings_dict["NAME"] = database or session.settings_dict["NAME"]
    return session


@contextmanager
def use_session(session: BaseDatabaseWrapper) -> Iterator[None]:
    """Let whatever asks for the default connection, in this thread, have that of a session meanwhile."""
    former = connections[ALIAS]
    # Django also asks for it by its own alias: a row remembers where it is from.
    connections[session.alias] = connections[ALIAS] = session
    try:
        yield
    finally:
        connections[session.alias] = connections[ALIAS] = former
