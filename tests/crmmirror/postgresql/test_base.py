"""The pool's connections, and a server that closes them meanwhile."""

import psycopg
import pytest
from django.db import connection, connections

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    """The server's process behind the connection that this thread is given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(pid: int) -> None:
    """As a restart does to every one; returns once it is gone."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def test_a_connection_that_the_server_has_closed_is_not_given_out() -> None:
    ended = backend()
    connections.close_all()
    end(ended)
    assert backend() != ended
