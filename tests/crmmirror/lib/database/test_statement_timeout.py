"""The client-side statement timeout: a late statement is cancelled, and its connection is closed."""

import time

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from crmmirror.lib.database.statement_timeout import RequestTimeout, StatementTimeout, statement_timeout

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


def get_backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_whose_statement_was_cancelled_serves_on() -> None:
    before = get_backend_pid()
    for _ in range(3):
        with pytest.raises(OperationalError), statement_timeout(0.1):
            run_sleeping_statement(20)
        run_sleeping_statement(0.01)
    assert get_backend_pid() == before


def test_a_transaction_whose_statement_was_cancelled_is_undone() -> None:
    with pytest.raises(OperationalError), statement_timeout(0.1), transaction.atomic():
        create_user_and_sleep()
    assert not User.objects.exists()


def create_user_and_sleep() -> None:
    User.objects.create_user("ann")
    run_sleeping_statement(20)


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


def run_sleeping_statements(count: int, seconds: float) -> None:
    for _ in range(count):
        run_sleeping_statement(seconds)


def create_user_slowly() -> None:
    User.objects.create_user("ann")
    time.sleep(1.1)


def test_all_statements_together_have_a_timeout() -> None:
    started = time.monotonic()
    with pytest.raises(OperationalError) as raised, statement_timeout(20, total=0.3):
        run_sleeping_statements(200, 0.1)
    assert isinstance(raised.value.__cause__, RequestTimeout)
    assert time.monotonic() - started < 10
    connection.close()
    assert not is_still_running()


def test_no_statement_begins_after_the_time_of_all() -> None:
    run_sleeping_statement(0)
    with statement_timeout(20, total=0.01):
        time.sleep(0.02)
        with pytest.raises(OperationalError) as raised:
            run_sleeping_statement(0)
    assert isinstance(raised.value.__cause__, RequestTimeout)
    connection.close()


def test_a_transaction_is_undone_if_the_time_is_over_before_its_end() -> None:
    with pytest.raises(OperationalError), statement_timeout(20, total=1), transaction.atomic():
        create_user_slowly()
    connection.close()
    assert not User.objects.exists()


def test_a_block_within_another_has_no_more_time_than_that() -> None:
    with statement_timeout(20, total=0.01), statement_timeout(20):
        time.sleep(0.02)
        with pytest.raises(OperationalError):
            run_sleeping_statement(0)
    connection.close()


def test_a_server_that_does_not_answer_is_told_from_a_request_that_took_too_long() -> None:
    with pytest.raises(OperationalError) as raised, statement_timeout(0.1, total=20):
        run_sleeping_statement(20)
    assert isinstance(raised.value.__cause__, StatementTimeout)
    connection.close()
