"""The lock between those who apply events and the one who replaces the mirror."""

from django.db import connection

# Any number that no other program locks in this database.
MIRROR = 0x4352_4D4D


def hold_shared() -> None:
    """For the rest of this transaction, the mirror is not replaced."""
    _lock("pg_advisory_xact_lock_shared")


def hold_alone() -> None:
    """For the rest of this transaction, nobody applies events; waits for those who do."""
    _lock("pg_advisory_xact_lock")


def wait_for_others() -> None:
    """Returns when every transaction that applied events at the call has ended."""
    _lock("pg_advisory_lock")
    _lock("pg_advisory_unlock")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [MIRROR])
