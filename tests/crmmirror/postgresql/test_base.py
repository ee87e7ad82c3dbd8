"""The connection pool: a connection that the server has closed is not used again."""

import psycopg
import pytest
from django.db import connection, connections

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
