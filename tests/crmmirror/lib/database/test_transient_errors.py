"""Database errors: transient ones, after which another attempt may succeed, and permanent ones."""

import pytest
from django.db import DataError, Error, InterfaceError, OperationalError, ProgrammingError
from psycopg import errors
from psycopg_pool import PoolTimeout

from crmmirror.lib.database.transient_errors import (
    is_lock_conflict,
    is_schema_error,
    is_transient,
    is_unanswered,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("error", "cause", "expected"),
    [
        (OperationalError(), errors.DeadlockDetected(), True),
        (OperationalError(), errors.AdminShutdown(), True),
        (OperationalError(), errors.OperationalError("the connection is lost"), True),
        (InterfaceError(), errors.InterfaceError("the connection is closed"), True),
        (InterfaceError("connection already closed"), None, True),
        (DataError(), errors.NumericValueOutOfRange(), False),
        (DataError(), errors.DataError("a text holds NUL"), False),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one),
)
def test_an_error_is_transient_if_another_attempt_may_succeed(
    error: Error, cause: Exception | None, expected: bool
) -> None:
    error.__cause__ = cause
    assert is_transient(error) is expected


@pytest.mark.parametrize(
    ("error", "cause", "expected"),
    [
        (OperationalError(), PoolTimeout(), True),
        (OperationalError(), errors.OperationalError("the connection is lost"), True),
        (OperationalError(), errors.QueryCanceled(), True),
        (OperationalError(), errors.LockNotAvailable(), True),
        (OperationalError(), errors.AdminShutdown(), True),
        (OperationalError(), errors.DeadlockDetected(), False),
        (OperationalError(), errors.DiskFull(), False),
        (ProgrammingError(), errors.UndefinedColumn(), False),
        (ProgrammingError("a query after an error in a transaction"), None, False),
        (ValueError(), None, False),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one),
)
def test_an_error_is_unanswered_if_the_database_gave_no_answer_in_time(
    error: Exception, cause: Exception | None, expected: bool
) -> None:
    error.__cause__ = cause
    assert is_unanswered(error) is expected


@pytest.mark.parametrize(
    ("cause", "is_conflict", "is_of_schema"),
    [
        (errors.LockNotAvailable(), True, False),
        (errors.DeadlockDetected(), True, False),
        (errors.QueryCanceled(), False, False),
        (errors.UndefinedColumn(), False, True),
        (errors.UndefinedTable(), False, True),
        (errors.DatatypeMismatch(), False, True),
        (errors.NotNullViolation(), False, False),
        (errors.OperationalError("the connection is lost"), False, False),
        (None, False, False),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one),
)
def test_errors_of_locks_and_of_the_schema_are_told_from_others(
    cause: Exception | None, is_conflict: bool, is_of_schema: bool
) -> None:
    error = OperationalError()
    error.__cause__ = cause
    assert (is_lock_conflict(error), is_schema_error(error)) == (is_conflict, is_of_schema)
