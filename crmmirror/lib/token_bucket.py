"""Token buckets (as GCRA, the generic cell rate algorithm): limit how often something may be done.

A limit of 10 a second lets 10 through at once, then one each tenth of a second: at most twice the limit in
its first period, and the limit in the long run.

A bucket is one row of the database: its key, and `full_at`, the time at which it is full again, by the
database's clock (GCRA calls it the theoretical arrival time). One statement reads and moves it, so any number
of processes share a bucket exactly. The row is locked for that statement alone, and the table is unlogged,
so that no disk is written before a unit is given. After a crash of the database all buckets are full.
"""

from dataclasses import dataclass

from crmmirror.lib.database.cursors import execute, fetch_value

# The table of `events.models.TokenBucket`; a test checks that the names agree.
TABLE = "events_tokenbucket"
# An upsert: the first unit makes the row.
CONSUME = f"""
    INSERT INTO {TABLE} AS bucket (key, full_at)
    VALUES (%s, clock_timestamp() + %s * interval '1 second')
    ON CONFLICT (key) DO UPDATE
    SET full_at = greatest(bucket.full_at, clock_timestamp()) + %s * interval '1 second'
    WHERE bucket.full_at <= clock_timestamp() + %s * interval '1 second'
    RETURNING key
"""
REFUND = f"UPDATE {TABLE} SET full_at = full_at - %s * interval '1 second' WHERE key = %s"
SECONDS_UNTIL_FULL = f"""
    SELECT extract(epoch FROM full_at - clock_timestamp())::float FROM {TABLE} WHERE key = %s
"""
DELETE_FULL = f"DELETE FROM {TABLE} WHERE full_at < clock_timestamp()"
# Returned if a unit became available between the two statements of `consume`: the caller still has to wait.
MIN_WAIT_SECONDS = 0.001
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: at most `count` units within `seconds`."""

    count: int
    seconds: float

    @property
    def refill_seconds(self) -> float:
        """Seconds in which one unit comes back (GCRA: the emission interval)."""
        return self.seconds / self.count

    @property
    def burst_seconds(self) -> float:
        """How far `full_at` may be ahead of the clock for a unit to be available (GCRA: the tolerance).

        A little more than the sum: refills are rounded to microseconds, which must not cost the last unit.
        """
        slack = min(self.refill_seconds / 2, self.count / MICROSECONDS)
        return self.seconds - self.refill_seconds + slack

    def wait_seconds(self, seconds_until_full: float | None) -> float:
        """Return the seconds until a unit is available; 0 or less if one is now.

        seconds_until_full: from now; None if there is no row, and so the bucket is full.
        """
        return (seconds_until_full or 0.0) - self.burst_seconds


def consume(key: str, limit: Limit) -> float:
    """Consume one unit. Return 0, or the seconds until a unit is available."""
    refill = limit.refill_seconds
    if fetch_value(CONSUME, key, refill, refill, limit.burst_seconds) is not None:
        return 0.0
    return max(limit.wait_seconds(fetch_value(SECONDS_UNTIL_FULL, key)), MIN_WAIT_SECONDS)


def refund(key: str, limit: Limit) -> None:
    """Undo one `consume`."""
    execute(REFUND, limit.refill_seconds, key)


def delete_full_buckets() -> None:
    """Delete the rows of full buckets: a bucket without a row is full."""
    execute(DELETE_FULL)
