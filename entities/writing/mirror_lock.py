"""The lock between those who apply events and the one who replaces the mirror."""

from django.db import connection

# Any number that no other program locks in this database.
LOCK_KEY = 0x4352_4D4D


def lock_for_applying() -> None:
    """For the rest of this transaction, the mirror is not replaced."""
    _lock("pg_advisory_xact_lock_shared")


def lock_for_replacing() -> None:
    """For the rest of this transaction, nobody applies events; waits for those who do."""
    _lock("pg_advisory_xact_lock")


def wait_for_running_batches() -> None:
    """Returns when every transaction that applied events at the call has ended."""
    _lock("pg_advisory_lock")
    _lock("pg_advisory_unlock")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK_KEY])
