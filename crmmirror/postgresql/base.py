"""Django's PostgreSQL, with a pool that tells connections which the server has closed without asking it.

The pool's own check is a round trip before each use, which takes as long as storing a delivery does, and
proves no more about the statement after it.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """One that is open, as far as this side knows."""
        while True:
            connection = super().get_new_connection(conn_params)
            if not _is_closed(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)


def _is_closed(connection: psycopg.Connection) -> bool:
    """Whether there is something to read on an idle connection: its end, or the reason for it."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
