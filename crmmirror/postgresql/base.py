"""The database backend, whose pool detects closed connections without a round trip to the server.

The pool's own check sends a statement before each use, which takes as long as storing a delivery does. It
would not guarantee that the next statement succeeds either.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL, under the name that Django looks for in a backend's `base` module."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Return a pooled connection; discard those of which this side can see that they are closed."""
        while True:
            connection = super().get_new_connection(conn_params)
            if not _is_closed(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)


def _is_closed(connection: psycopg.Connection) -> bool:
    """Return True if an idle connection has data to read: its end, or the server's reason for closing it."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
