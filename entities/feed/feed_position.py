"""The position of the feed: its greatest number, and the life of the database in which that was given."""

from dataclasses import dataclass

from crmmirror.lib.database.cursors import fetch_rows, fetch_value
from entities.feed.change_notes import CHANGE_TABLE
from entities.models import FeedLife

LIFE_TABLE = FeedLife._meta.db_table
READ_POSITION = f"""
    SELECT coalesce((SELECT life::text FROM "{LIFE_TABLE}" ORDER BY id DESC LIMIT 1), ''),
        (SELECT coalesce(max(number), 0) FROM "{CHANGE_TABLE}")
"""
READ_END_OF_LIFE = f"""
    SELECT min(next.first_number) - 1
    FROM "{LIFE_TABLE}" life JOIN "{LIFE_TABLE}" next ON next.id > life.id WHERE life.life = %s
"""


@dataclass(frozen=True)
class FeedPosition:
    """A place in the feed. life: as in `FeedLife`; empty while nothing was numbered. number: of a change."""

    life: str
    number: int

    def precedes(self, end: "FeedPosition") -> bool:
        """Return True if the feed that ends there has this position.

        False for a number that was given and lost, as the database was restored to a state before it, and for
        one of another database.
        """
        if self.number == 0:
            return True
        if self.life == end.life:
            return self.number <= end.number
        last_number = fetch_value(READ_END_OF_LIFE, self.life) if self.life else None
        return last_number is not None and self.number <= last_number


def read_position() -> FeedPosition:
    """Return the end of the feed. Whatever changes after this statement gets a greater number."""
    return FeedPosition(*fetch_rows(READ_POSITION)[0])
