"""The advisory locks: between workers, which apply events, and a rebuild, which replaces the mirror; and
between a rebuild and pruning. An erasure takes both.

A rebuild reads the baseline first and then the log, for minutes. What is pruned meanwhile would be in none.
"""

from crmmirror.lib.database.cursors import execute, fetch_value

# Any numbers that no other program locks in this database.
LOCK_KEY = 0x4352_4D4D
PRUNING_KEY = 0x4352_4D50


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


def prevent_pruning() -> None:
    """Take a lock for the rest of this transaction: nothing is pruned meanwhile.

    Waits for the batch that is being pruned.
    """
    execute("SELECT pg_advisory_xact_lock_shared(%s)", PRUNING_KEY)


def try_lock_for_pruning() -> bool:
    """Take the lock for pruning for the rest of this transaction; return False if others hold it.

    These are a rebuild, or another process that prunes.
    """
    return bool(fetch_value("SELECT pg_try_advisory_xact_lock(%s)", PRUNING_KEY))


def lock_for_erasing() -> None:
    """Take both locks for the rest of this transaction: nobody applies events, prunes or rebuilds meanwhile.

    That of pruning first, as a rebuild takes them. Waits for a rebuild, which takes minutes.
    """
    execute("SELECT pg_advisory_xact_lock(%s)", PRUNING_KEY)
    lock_for_replacing()


def _lock(function: str) -> None:
    execute(f"SELECT {function}(%s)", LOCK_KEY)
