"""Which event each value of a record is from, read off its registers and its timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from entities.merge.clock import Rank, parse_clock
from entities.merge.history import derived_value_origin
from entities.merge.registers import stored_clocks
from entities.models import Record, TimelineEntry
from entities.models.introspection import model_name

# A record's history is read off this many events at most.
MAX_HISTORY_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Provenance:
    """The event that a register's value is from; null is a value too."""

    clock: str
    event_id: int
    event_type: str

    @property
    def occurred_at(self) -> datetime:
        return parse_clock(self.clock).occurred_at

    @property
    def rank(self) -> Rank:
        return parse_clock(self.clock).rank


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A timeline entry, of whose `wrote` only one column was read."""

    clock: str
    event_id: int
    wrote: dict[str, Any]


def timeline_entries(record: Record) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.filter(record_type=model_name(type(record)), record_id=record.pk)


def written_values(record: Record, column: str) -> list[WrittenValue]:
    """What the newest events that spoke of the column said of it, in the order of clocks."""
    entries = timeline_entries(record).filter(wrote__has_key=column).order_by("-clock")[:MAX_HISTORY_EVENTS]
    found = entries.values_list("clock", "event_id", f"wrote__{column}")
    return [WrittenValue(clock, event_id, {column: value}) for clock, event_id, value in reversed(found)]


def find_provenance(record: Record) -> dict[str, Provenance]:
    """Register name -> origin, and derived column -> the origin of the value it is read off."""
    clocks = stored_clocks(record.registers) | _derived_clocks(record)
    entries = timeline_entries(record).filter(clock__in=set(clocks.values()))
    found = {
        clock: Provenance(clock, event_id, event_type)
        for clock, event_id, event_type in entries.values_list("clock", "event_id", "event__event_type")
    }
    return {name: found[clock] for name, clock in clocks.items() if clock in found}


def _derived_clocks(record: Record) -> dict[str, str]:
    origins = {
        name: derived_value_origin(
            rule, name, written_values(record, rule.column) + written_values(record, name)
        )
        for name, rule in record.derived.items()
    }
    return {name: seen.clock for name, seen in origins.items() if seen}
