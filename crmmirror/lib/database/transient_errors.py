"""Tells transient database errors, after which another attempt may succeed, from permanent ones.

Among the transient ones it tells those after which nobody knows the answer, from those that are an answer.
"""

import psycopg
from django.db import DatabaseError, InterfaceError

# SQLSTATE classes of errors that do not depend on the data: connection, rollback (deadlock), resources,
# operator's intervention, system error. https://www.postgresql.org/docs/current/errcodes-appendix.html
TRANSIENT_CLASSES = frozenset({"08", "25", "40", "53", "55", "57", "58"})
# The connection was lost, the statement was cut (by a statement timeout, or because the server stops).
UNANSWERED_CLASSES = frozenset({"08", "57"})
# A lock stayed taken for longer than `lock_timeout`.
LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
# The statement does not fit the schema: a table, column or function is missing, or has another type.
SCHEMA_CLASS = "42"
# The database takes no changes: it is a standby, or its administrator has made it read-only.
READ_ONLY_TRANSACTION = "25006"


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


def is_read_only(error: BaseException) -> bool:
    """Return True if the database refused a change because it is read-only, as a standby is."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return isinstance(cause, psycopg.Error) and cause.sqlstate == READ_ONLY_TRANSACTION


def is_unanswered(error: BaseException) -> bool:
    """Return True if the database gave no answer in time: no connection was free or could be made, it was
    lost, or the statement was cut."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    if not isinstance(cause, psycopg.OperationalError):
        return False
    # Errors of this side, such as the pool's or a frozen server's, have no SQLSTATE.
    state = cause.sqlstate
    return state is None or state == LOCK_NOT_AVAILABLE or state[:2] in UNANSWERED_CLASSES


def is_lock_conflict(error: BaseException) -> bool:
    """Return True if others held a lock for too long, or the wait for it ended in a deadlock."""
    return _sqlstate(error) in (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED)


def is_schema_error(error: BaseException) -> bool:
    """Return True if the statement does not fit the schema, as that of new code before its migration."""
    return _sqlstate(error)[:2] == SCHEMA_CLASS


def _sqlstate(error: BaseException) -> str:
    """Return the five characters of the server's error code; empty if the error is not the server's."""
    return getattr(error.__cause__, "sqlstate", None) or ""
