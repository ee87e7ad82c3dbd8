"""How often something may be done: the limits of sources, and of whoever tries to log in.

A limit of 10 a second lets 10 through at once, then one each tenth of a second: at most twice the
limit in its first period, and the limit in the long run. What is used up is one row of the database
for each key, with the time until which it is used up, by the database's clock. One statement reads
and moves it, so any number of processes share it exactly; its row is locked for that statement alone
and the table is unlogged, so it waits for no disk. After a crash of the database, limits start anew.
"""

from dataclasses import dataclass

from django.db import connection

from events.models import Allowance, Period

# What the key of a source's row begins with; its id follows.
OF_SOURCE = "source:"
SECONDS = {Period.SECOND: 1, Period.MINUTE: 60}
TABLE = Allowance._meta.db_table
SPEND = f"""
    INSERT INTO {TABLE} AS allowance (key, spent_until)
    VALUES (%(key)s, clock_timestamp() + %(step)s * interval '1 second')
    ON CONFLICT (key) DO UPDATE
    SET spent_until = greatest(allowance.spent_until, clock_timestamp()) + %(step)s * interval '1 second'
    WHERE allowance.spent_until <= clock_timestamp() + %(ahead)s * interval '1 second'
    RETURNING key
"""  # noqa: S608
GIVE_BACK = f"""
    UPDATE {TABLE} SET spent_until = spent_until - %s * interval '1 second' WHERE key = %s
"""  # noqa: S608
SPENT = f"""
    SELECT extract(epoch FROM spent_until - clock_timestamp())::float FROM {TABLE} WHERE key = %s
"""  # noqa: S608
FORGET = f"DELETE FROM {TABLE} WHERE spent_until < clock_timestamp()"  # noqa: S608
# The wait for one that has come free between two statements.
MOMENT = 0.001
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within so many seconds."""

    count: int
    seconds: float

    @property
    def step(self) -> float:
        """Seconds of the allowance that one of them uses up."""
        return self.seconds / self.count

    @property
    def ahead(self) -> float:
        """How many seconds ahead of the clock it may be used up for one more to be let through.

        A little more than the sum: steps are rounded to microseconds, which must not cost the last one.
        """
        return self.seconds - self.step + min(self.step / 2, self.count / MICROSECONDS)

    def wait(self, spent_seconds: float | None) -> float:
        """Seconds until the next is let through; 0 or less for at once.

        spent_seconds: until it is used up, from now; None where nothing is.
        """
        return (spent_seconds or 0.0) - self.ahead


def limit_of(count: int | None, period: str) -> Limit | None:
    """A source's; None where it has none."""
    return Limit(count, SECONDS[Period(period)]) if count else None


def spend(key: str, limit: Limit) -> float:
    """Uses up one, unless none is left: then the seconds until there is one, else 0."""
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"key": key, "step": limit.step, "ahead": limit.ahead})
        if cursor.fetchone():
            return 0.0
        cursor.execute(SPENT, [key])
        spent = cursor.fetchone()
    return max(limit.wait(spent[0] if spent else None), MOMENT)


def give_back(key: str, limit: Limit) -> None:
    """Undoes one `spend`."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [limit.step, key])


def forget_past() -> None:
    """Removes the rows that say nothing any more."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET)
