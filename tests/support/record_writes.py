"""The data of the oracle: every write to a record, and the record's cells."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from entities.merge.registers import Invalid

Cells = dict[str, Any]
"""Column -> value: JSON forms; the other record's external id for a reference."""


class Key(NamedTuple):
    """A record's key; source is the source's id."""

    source: int
    model: str
    scope: str
    external_id: str


class Write(NamedTuple):
    """The write of one event to one register."""

    time: datetime
    rank: str
    digest: str
    value: Any

    @property
    def order(self) -> tuple[datetime, str, str]:
        """The sort key that orders writes as clocks do; no two events have one digest."""
        return self.time, self.rank, self.digest

    @property
    def clock(self) -> str:
        time = self.time.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{time}Z {self.rank} {self.digest}"


@dataclass
class RecordWrites:
    """Every write to one record: register -> its writes, oldest first."""

    writes: dict[str, list[Write]] = field(default_factory=dict)

    def add(self, name: str, write: Write) -> None:
        self.writes[name] = sorted([*self.writes.get(name, ()), write], key=lambda write: write.order)

    @property
    def newest(self) -> dict[str, Write]:
        return {name: writes[-1] for name, writes in self.writes.items()}


def column_value(value: Any) -> Any:
    return None if isinstance(value, Invalid) else value
