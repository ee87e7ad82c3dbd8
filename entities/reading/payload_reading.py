"""Collects what the parts of a payload say, and which of its places they contain. Pure."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from entities.merge.clock import Rank
from entities.reading.column_values import ColumnReading
from entities.reading.mapped_event import RecordKey
from entities.reading.paths import ABSENT


class Copy(NamedTuple):
    """The writes that a payload has for a record other than its own.

    yields: whether this copy gives way: it counts only for registers that no other copy in the event has.
    """

    key: RecordKey
    writes: dict[str, Any]
    yields: bool = False


@dataclass(slots=True)
class Reading:
    """The result of reading a payload, or a part of it.

    writes: register name -> value, of the payload's own record; under keys of `extra` as it was parsed.
    copies: of other records, in order; a later copy of the same record wins.
    consumed: the places (`key`, `key.part`) whose values the writes and copies contain in full.
    warnings: about values that did not convert.
    """

    writes: dict[str, Any] = field(default_factory=dict)
    copies: list[Copy] = field(default_factory=list)
    consumed: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Reading") -> None:
        """Add what another part of the payload says; its writes win."""
        self.writes.update(other.writes)
        self.copies += other.copies
        self.consumed |= other.consumed
        self.warnings += other.warnings

    def add_column(self, name: str, column: ColumnReading, rank: Rank) -> None:
        """Add a column. In a copy, null says nothing."""
        self.consumed.update(column.consumed)
        self.warnings += column.warnings
        if column.value is not ABSENT and (column.value is not None or rank is not Rank.COPY):
            self.writes[name] = column.value
