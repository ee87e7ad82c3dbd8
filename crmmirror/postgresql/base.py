"""The database backend: pools under one alias, and a check of their connections without a round trip.

The pool's own check sends a statement before each use, which takes as long as storing a delivery does. It
would not guarantee that the next statement succeeds either.

There is one alias and not two, because Django sends every query to "default", whereas the right pool depends
on who asks.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from crmmirror.lib.database.replica_reads import reads_from_replica
from crmmirror.postgresql.pools import Pool, chosen_pool
from crmmirror.postgresql.schema import SchemaEditor

# Entries of OPTIONS beside Django's own: the options of the readers' pool, as those of "pool", and what its
# connections set on the server, as a command line has it.
READER_POOL, READER_SERVER_OPTIONS = "reader_pool", "reader_server_options"
# The address of the replica, as psycopg's parameters; empty if there is none.
REPLICA = "replica"
OWN_OPTIONS = (READER_POOL, READER_SERVER_OPTIONS, REPLICA)
# A server that is away costs a reader this long before he reads from the primary.
REPLICA_WAIT = {"connect_timeout": 1}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL, under the name that Django looks for in a backend's `base` module."""

    SchemaEditorClass = SchemaEditor

    # By alias, as Django keeps its own pools, and whether they are of the replica.
    _reader_pools: ClassVar[dict[tuple[str, bool], ConnectionPool]] = {}

    @property
    def pool(self) -> Any:
        """Return the pool from which this thread takes its connection now; None if there are no pools.

        A connection goes back to the pool that it is from, whichever is chosen by then: Django sees to that.
        """
        pool = super().pool
        if pool is None or (chosen_pool() is Pool.DELIVERIES and not reads_from_replica()):
            return pool
        return self._get_reader_pool(reads_from_replica())

    def close_pool(self) -> None:
        """Close all pools."""
        super().close_pool()
        for is_replica in (False, True):
            if reader_pool := self._reader_pools.pop((self.alias, is_replica), None):
                reader_pool.close()

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg connects with, without the entries that are ours."""
        params = super().get_connection_params()
        return {name: params[name] for name in params if name not in OWN_OPTIONS}

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Return a pooled connection; discard those of which this side can see that they are closed."""
        while True:
            connection = super().get_new_connection(conn_params)
            if not _is_closed(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)

    # Speed: saves what Django does as it opens a connection and closes it. See docs/speed.md.
    @contextmanager
    def borrow(self) -> Iterator[psycopg.Connection]:
        """Lend a connection that commits each statement: this thread's own if it has one, else a pooled one.

        A transaction that is open stays so. Raises psycopg.Error and psycopg_pool.PoolTimeout.
        """
        pool = self.pool
        if pool is None or self.connection is not None or self.in_atomic_block:
            self.ensure_connection()
            yield self.connection
            return
        connection = self.get_new_connection({})
        try:
            if not connection.autocommit:
                connection.autocommit = True
            yield connection
        finally:
            pool.putconn(connection)

    def _get_reader_pool(self, is_replica: bool) -> ConnectionPool:
        key = (self.alias, is_replica)
        if key not in self._reader_pools:
            # Made closed, as Django makes its own: of two threads that make one, the first one's is kept.
            self._reader_pools.setdefault(key, self._make_reader_pool(is_replica))
        return self._reader_pools[key]

    def _make_reader_pool(self, is_replica: bool) -> ConnectionPool:
        """Make a pool as Django makes its own, whose connections set READER_SERVER_OPTIONS as they connect.

        They are added to options that DATABASE_URL may have, and take no statement of their own.
        """
        options = self.settings_dict["OPTIONS"]
        params = self.get_connection_params()
        pool_options = options[READER_POOL]
        if is_replica:
            params |= {**options[REPLICA], **REPLICA_WAIT}
            pool_options = {**pool_options, "timeout": REPLICA_WAIT["connect_timeout"]}
        server_options = f"{params.get('options', '')} {options[READER_SERVER_OPTIONS]}".strip()
        return ConnectionPool(
            kwargs={**params, "autocommit": True, "options": server_options},
            open=False,
            configure=self._configure_connection,  # type: ignore[attr-defined]
            **pool_options,
        )


# Speed: polls the socket instead of asking the server before each use. See docs/speed.md.
def _is_closed(connection: psycopg.Connection) -> bool:
    """Return True if an idle connection has data to read: its end, or the server's reason for closing it."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
