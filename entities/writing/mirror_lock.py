"""The advisory lock between the workers, which apply events, and a rebuild, which replaces the mirror."""

from crmmirror.lib.database.cursors import execute

# Any number that no other program locks in this database.
LOCK_KEY = 0x4352_4D4D


def lock_for_applying() -> None:
    """Take the shared lock for the rest of this transaction: the mirror is not replaced meanwhile."""
    _lock("pg_advisory_xact_lock_shared")


def lock_for_replacing() -> None:
    """Take the exclusive lock for the rest of this transaction: nobody applies events meanwhile.

    Waits for those who are applying.
    """
    _lock("pg_advisory_xact_lock")


def wait_for_running_batches() -> None:
    """Wait until every transaction that was applying events at the time of the call has ended."""
    _lock("pg_advisory_lock")
    _lock("pg_advisory_unlock")


def _lock(function: str) -> None:
    execute(f"SELECT {function}(%s)", LOCK_KEY)
