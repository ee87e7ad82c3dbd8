"""A statement that is not answered in time ends, and its connection with it."""

import time

import pytest
from django.db import OperationalError, connection

from crmmirror.lib.statement_timeout import statement_timeout

pytestmark = pytest.mark.django_db(transaction=True)


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def still_sleeping() -> bool:
    """Whether the server is at it for longer than a moment."""
    deadline = time.monotonic() + 5
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%pg_sleep%')"
            )
            if not cursor.fetchone()[0]:
                return False
    return True


def test_a_statement_waits_no_longer_than_it_may() -> None:
    started = time.monotonic()
    with pytest.raises(OperationalError), statement_timeout(0.1):
        sleep(20)
    assert time.monotonic() - started < 10
    connection.close()
    assert not still_sleeping()


def test_an_answer_in_time_is_an_answer() -> None:
    with statement_timeout(20):
        sleep(0.01)


def test_elsewhere_a_statement_takes_as_long_as_it_takes() -> None:
    with statement_timeout(0.1):
        pass
    sleep(0.3)


def test_an_error_of_a_statement_does_not_end_its_connection() -> None:
    with pytest.raises(Exception, match="division"), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    sleep(0)
