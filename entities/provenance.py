"""The provenance of a record's values: the event that each is from, by its registers and its timeline."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from entities.merge.clock import Rank, parse_clock
from entities.merge.derived_columns import DerivedOrigin, RunStart, find_derived_origin, history_columns
from entities.merge.registers import COUNTED, EXISTS, stored_clocks
from entities.models import Record, TimelineEntry
from entities.models.introspection import model_name

# The history of a column is computed from this many of its newest events at most.
MAX_HISTORY_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Provenance:
    """The event that a register's value is from. A null has a provenance too."""

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
    """A timeline entry of whose `wrote` only one column was loaded."""

    clock: str
    event_id: int
    wrote: Mapping[str, Any]


def timeline_entries(record: Record) -> QuerySet[TimelineEntry]:
    """Return the entries of all events that touched the record."""
    return TimelineEntry.objects.filter(record_type=model_name(type(record)), record_id=record.pk)


def written_values(record: Record, column: str) -> list[WrittenValue]:
    """Return the column's newest writes, in the order of clocks."""
    entries = timeline_entries(record).filter(wrote__has_key=column).order_by("-clock")[:MAX_HISTORY_EVENTS]
    newest = entries.values_list("clock", "event_id", f"wrote__{column}")
    return [WrittenValue(clock, event_id, {column: value}) for clock, event_id, value in reversed(newest)]


def find_provenance(record: Record) -> dict[str, Provenance]:
    """Return the provenance of each register by its name, and of each derived column that is not null."""
    registers = stored_clocks(record.registers)
    clocks = {name: clock for name, clock in registers.items() if not name.startswith(COUNTED)}
    clocks |= _derived_clocks(record) | _own_event_clocks(record, registers)
    entries = timeline_entries(record).filter(clock__in=set(clocks.values()))
    by_clock = {
        clock: Provenance(clock, event_id, event_type)
        for clock, event_id, event_type in entries.values_list("clock", "event_id", "event__event_type")
    }
    return {name: by_clock[clock] for name, clock in clocks.items() if clock in by_clock}


def _derived_clocks(record: Record) -> dict[str, str]:
    rules = record.derived_columns
    values = {name: written_values(record, name) for name in sorted(history_columns(rules))}
    origins = {column: _derived_origin(column, rule, values) for column, rule in rules.items()}
    return {column: origin.clock for column, origin in origins.items() if origin}


def _derived_origin(
    column: str, rule: RunStart, values: Mapping[str, list[WrittenValue]]
) -> DerivedOrigin | None:
    """Return the write that a derived column is from. values: column -> its writes."""
    written: dict[str, dict[str, Any]] = defaultdict(dict)
    for name in {column, *rule.columns}:
        for value in values.get(name, ()):
            written[value.clock].update(value.wrote)
    return find_derived_origin(rule, column, sorted(written.items()))


def _own_event_clocks(record: Record, registers: Mapping[str, str]) -> dict[str, str]:
    """Return the clocks of the first and the last of the record's own events, which alone write `exists`."""
    own = timeline_entries(record).filter(wrote__has_key=EXISTS).order_by("clock")
    first, last = own.values_list("clock", flat=True).first(), registers.get(EXISTS)
    return {"first_event_at": first, "last_event_at": last} if first and last else {}
