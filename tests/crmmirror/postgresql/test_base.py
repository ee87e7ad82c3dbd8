"""The connection pool: a connection that the server has closed is not used again."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from psycopg import errors

from crmmirror.lib.database.cursors import execute, fetch_value
from crmmirror.postgresql.base import DatabaseWrapper
from crmmirror.postgresql.pools import Pool, use_pool

pytestmark = pytest.mark.django_db(transaction=True)


def get_backend_pid() -> int:
    """Return the process id of PostgreSQL's backend for the connection that this thread gets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def terminate_backend(pid: int) -> None:
    """Terminate a backend, as a restart of the server does to all; return once it is gone."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def test_the_pool_does_not_give_out_a_connection_that_the_server_has_closed() -> None:
    closed_pid = get_backend_pid()
    connections.close_all()
    terminate_backend(closed_pid)
    assert get_backend_pid() != closed_pid


@pytest.fixture
def change_options() -> Iterator[Callable[..., None]]:
    """Return a function that changes entries of OPTIONS for the pools that are made from then on."""
    options = connection.settings_dict["OPTIONS"]
    former = dict(options)

    def change(**entries: Any) -> None:
        options.update(entries)
        renew_pools()

    yield change
    options.clear()
    options.update(former)
    renew_pools()


def wrapper() -> DatabaseWrapper:
    """Return this thread's wrapper, with the methods that Django's class does not have."""
    own = connections["default"]
    assert isinstance(own, DatabaseWrapper)
    return own


def renew_pools() -> None:
    connections.close_all()
    wrapper().close_pool()


def read_setting(pool: Pool, name: str) -> str:
    """Return a setting of the server as a connection of that pool has it."""
    connections.close_all()
    with use_pool(pool):
        return str(fetch_value("SELECT current_setting(%s)", name))


@pytest.mark.parametrize(
    ("pool", "statement", "lock"), [(Pool.READERS, "10s", "5s"), (Pool.DELIVERIES, "0", "0")]
)
def test_the_server_limits_the_statements_of_readers_only(pool: Pool, statement: str, lock: str) -> None:
    assert read_setting(pool, "statement_timeout") == statement
    assert read_setting(pool, "lock_timeout") == lock


def test_the_options_of_the_database_url_hold_for_readers_too(change_options: Callable[..., None]) -> None:
    change_options(options="-c deadlock_timeout=20ms")
    assert read_setting(Pool.READERS, "deadlock_timeout") == "20ms"
    assert read_setting(Pool.READERS, "statement_timeout") == "10s"


def test_readers_that_hold_all_their_connections_leave_those_of_deliveries(
    change_options: Callable[..., None],
) -> None:
    options = connection.settings_dict["OPTIONS"]
    change_options(reader_pool={**options["reader_pool"], "max_size": 1, "timeout": 0.2})
    with use_pool(Pool.READERS):
        connection.ensure_connection()
        held = connection.connection
        connection.connection = None  # As if another thread held it.
        try:
            with pytest.raises(OperationalError):
                connection.ensure_connection()
        finally:
            wrapper().pool.putconn(held)
    connections.close_all()
    assert fetch_value("SELECT 1") == 1


def test_a_connection_goes_back_to_the_pool_that_it_is_from() -> None:
    connections.close_all()
    with use_pool(Pool.READERS):
        execute("SELECT 1")
        readers = wrapper().pool
    connection.close()
    assert readers.get_stats()["pool_available"] >= 1


def test_a_borrowed_connection_commits_and_goes_back_to_the_pool() -> None:
    connections.close_all()
    with wrapper().borrow() as borrowed:
        borrowed.execute("CREATE TABLE borrowed_from_pool ()")
        assert connection.connection is None
        assert borrowed.autocommit
    assert wrapper().pool.get_stats()["pool_available"] >= 1
    # Another connection sees the table.
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("DROP TABLE borrowed_from_pool")


def test_a_borrowed_connection_is_committing_even_if_it_came_back_from_a_transaction() -> None:
    connections.close_all()
    with wrapper().borrow() as borrowed:
        borrowed.autocommit = False
    with wrapper().borrow() as again:
        assert (again is borrowed, again.autocommit) == (True, True)


def test_what_is_borrowed_in_a_transaction_is_the_transactions_own_connection() -> None:
    with transaction.atomic():
        with wrapper().borrow() as borrowed:
            assert borrowed is connection.connection
            borrowed.execute("CREATE TABLE borrowed_in_transaction ()")
        transaction.set_rollback(True)
    assert fetch_value("SELECT to_regclass('borrowed_in_transaction')") is None


def test_a_statement_that_the_server_cuts_does_not_end_its_connection(
    change_options: Callable[..., None],
) -> None:
    change_options(reader_server_options="-c statement_timeout=50")
    with use_pool(Pool.READERS):
        before = get_backend_pid()
        with pytest.raises(OperationalError) as raised:
            execute("SELECT pg_sleep(20)")
        assert isinstance(raised.value.__cause__, errors.QueryCanceled)
        assert get_backend_pid() == before
