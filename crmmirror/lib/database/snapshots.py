"""A transaction that reads all its rows from one snapshot, and changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from crmmirror.lib.database.cursors import execute, fetch_value

BEGIN_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# A server may end a session that waits in a transaction; this one waits while others read its snapshot.
NO_IDLE_LIMIT = "SET LOCAL idle_in_transaction_session_timeout = 0"


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Show every statement of the block the same state of the database.

    In a block within this one it goes on. In any other transaction it changes nothing: then a statement sees
    what that transaction's isolation shows it.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            execute(BEGIN_SNAPSHOT)
            execute(NO_IDLE_LIMIT)
        yield


def export_snapshot() -> str:
    """Return the name by which other sessions read the snapshot of this transaction, while it lasts."""
    return str(fetch_value("SELECT pg_export_snapshot()"))
