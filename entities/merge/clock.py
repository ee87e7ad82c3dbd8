"""Clocks: the total order of all writes to a register. Pure.

A clock is a text that sorts as (event time, rank, digest of the event) does, so any two writes have
one order wherever and whenever they are compared, whatever order they arrive in.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from crmmirror.lib.utc import format_utc


class Rank(StrEnum):
    """The rank of a write. It decides between two writes of the same event time: the higher rank wins.

    A copy, that is a record embedded in another's event or a value next to a reference, ranks lowest: it may
    be older than the event. What was fetched gives way to an own event of the same time, because nobody knows
    in which moment of it the vendor looked. The values sort as texts.
    """

    COPY = "0"
    FETCHED = "0.5"
    CREATED = "1"
    OTHER = "2"
    DELETED = "3"


class Clock(NamedTuple):
    """The three parts of a clock.

    digest: the SHA-256 of the body, in hex; of one of several events in a body, with a dot and its place in
        the list, from 0, in six digits.
    """

    occurred_at: datetime
    rank: Rank
    digest: str

    @property
    def body_digest(self) -> str:
        """The SHA-256 of the body, in hex."""
        return self.digest.partition(".")[0]


def format_clock(occurred_at: datetime, rank: Rank, digest: str) -> str:
    """Format a clock, such as `2025-01-15T10:30:00.000000Z 1 4f…`.

    occurred_at: in UTC. digest: as in `Clock`.
    """
    return f"{format_utc(occurred_at)} {rank} {digest}"


def parse_clock(clock: str) -> Clock:
    """Parse what `format_clock` wrote."""
    occurred_at, rank, digest = clock.split(" ")
    return Clock(datetime.fromisoformat(occurred_at), Rank(rank), digest)


def clock_time(clock: str) -> str:
    """Return the event time of a clock in ISO 8601, as it stands in the text."""
    return clock.partition(" ")[0]
