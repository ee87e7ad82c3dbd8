"""The client-side statement timeout: a late statement is cancelled, and its connection is closed."""

import time

import pytest
from django.db import OperationalError, connection

from crmmirror.lib.statement_timeout import statement_timeout

pytestmark = pytest.mark.django_db(transaction=True)


def run_sleeping_statement(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def is_still_running() -> bool:
    """Return True if the server still runs the sleeping statement after 5 seconds."""
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


def test_a_statement_beyond_the_timeout_is_cancelled() -> None:
    started = time.monotonic()
    with pytest.raises(OperationalError), statement_timeout(0.1):
        run_sleeping_statement(20)
    assert time.monotonic() - started < 10
    connection.close()
    assert not is_still_running()


def test_a_statement_within_the_timeout_succeeds() -> None:
    with statement_timeout(20):
        run_sleeping_statement(0.01)


def test_a_statement_outside_of_the_block_has_no_timeout() -> None:
    with statement_timeout(0.1):
        pass
    run_sleeping_statement(0.3)


def test_the_connection_stays_open_after_an_error_of_a_statement() -> None:
    with pytest.raises(Exception, match="division"), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    run_sleeping_statement(0)
