"""Database errors: transient ones, after which another attempt may succeed, and permanent ones."""

import pytest
from django.db import DataError, Error, InterfaceError, OperationalError, ProgrammingError
from psycopg import errors
from psycopg_pool import PoolTimeout

from crmmirror.lib.transient_errors import is_transient, is_unanswered

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
