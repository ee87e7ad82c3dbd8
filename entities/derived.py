"""Columns that are read off a record's history, whatever order the events came in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RunStart:
    """The time at which the present unbroken run of certain values of a column began.

    Null where the column's present value is none of them. With `own_first`, a value that the
    vendor itself gave for the derived column comes first.
    """

    of: str
    values: frozenset[str]
    own_first: bool = False
