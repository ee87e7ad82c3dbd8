"""Tells transient database errors, after which another attempt may succeed, from permanent ones."""

import psycopg
from django.db import DatabaseError, InterfaceError

# SQLSTATE classes of errors that do not depend on the data: connection, rollback (deadlock), resources,
# operator's intervention, system error. https://www.postgresql.org/docs/current/errcodes-appendix.html
TRANSIENT_CLASSES = frozenset({"08", "25", "40", "53", "55", "57", "58"})


def is_transient(error: BaseException) -> bool:
    """Return True if the same work may succeed on another attempt, as after a deadlock or a lost connection.

    A connection that is known to be lost raises InterfaceError, which is not a DatabaseError.
    """
    if isinstance(error, InterfaceError):
        return True
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    if not isinstance(cause, psycopg.Error):
        return isinstance(error, DatabaseError)
    state = cause.sqlstate
    return isinstance(cause, psycopg.OperationalError) if state is None else state[:2] in TRANSIENT_CLASSES
