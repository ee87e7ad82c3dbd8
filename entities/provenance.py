"""The provenance of a record's values: the event that each is from, by its registers and its timeline."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from crmmirror.lib.database.cursors import fetch_rows
from entities.merge.clock import Rank, parse_clock
from entities.merge.derived_columns import DerivedOrigin, RunStart, find_derived_origin, history_columns
from entities.merge.registers import ADDITION, COUNTED, EXISTS, stored_clocks
from entities.models import Record, TimelineEntry
from entities.models.introspection import model_name

# The history of a column is computed from this many of its newest events at most.
MAX_HISTORY_EVENTS = 1_000
# A larger value is left out: a page could not show it.
MAX_VALUE_CHARACTERS = 20_000
ENTRIES = f"""SELECT clock, event_id, wrote FROM "{TimelineEntry._meta.db_table}"
    WHERE record_type = %(record_type)s AND record_id = %(record_id)s"""
EVENTS = TimelineEntry._meta.get_field("event").related_model._meta.db_table
# An entry with an empty name is one of the clocks asked for.
READ_HISTORY = f"""
    SELECT entry.name, entry.clock, entry.event_id, entry.value, event.event_type, event.scope FROM (
        SELECT '' AS name, clock, event_id, NULL::jsonb AS value
        FROM ({ENTRIES} AND clock = ANY(%(clocks)s)) AS known
        UNION ALL
        (SELECT '{EXISTS}', clock, event_id, NULL FROM ({ENTRIES}) AS own
        WHERE wrote ? '{EXISTS}' ORDER BY clock LIMIT 1)
        UNION ALL
        SELECT name, written.clock, written.event_id, written.value FROM unnest(%(columns)s::text[]) AS name
        CROSS JOIN LATERAL (
            SELECT clock, event_id, wrote -> name AS value FROM ({ENTRIES}) AS any_entry
            WHERE wrote ? name ORDER BY clock DESC LIMIT {MAX_HISTORY_EVENTS}
        ) AS written
    ) AS entry
    JOIN "{EVENTS}" AS event ON event.id = entry.event_id
    ORDER BY entry.clock
"""
# A set is written as a whole, or one member after the other under names of their own.
READ_REGISTER = f"""
    SELECT name, clock, event_id, CASE WHEN length(value::text) <= {MAX_VALUE_CHARACTERS} THEN value END,
        event_type, scope, coalesce(length(value::text) > {MAX_VALUE_CHARACTERS}, false)
    FROM (
        SELECT name, clock, event_id, written #> %(path)s::text[] AS value
        FROM ({ENTRIES}) AS entry CROSS JOIN LATERAL jsonb_each(wrote) AS register (name, written)
        WHERE name = %(register)s OR starts_with(name, %(register)s || '{ADDITION}')
        ORDER BY clock DESC LIMIT {MAX_HISTORY_EVENTS}
    ) AS newest
    JOIN "{EVENTS}" AS event ON event.id = event_id
    ORDER BY clock, name
"""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The event that a register's value is from. A null has a provenance too.

    scope: of the event, as in `events.models.Event`.
    """

    clock: str
    event_id: int
    event_type: str
    scope: str | None

    @property
    def occurred_at(self) -> datetime:
        return parse_clock(self.clock).occurred_at

    @property
    def rank(self) -> Rank:
        return parse_clock(self.clock).rank


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A write to one register.

    name: the register's, of which a set has several. value: as JSON has it; None also for a null, and for a
        part that the document lacks.
    is_large: the value is too large for a page, and was not read.
    """

    name: str
    value: Any
    origin: Provenance
    is_large: bool = False

    @property
    def clock(self) -> str:
        return self.origin.clock

    @property
    def event_id(self) -> int:
        return self.origin.event_id

    @property
    def wrote(self) -> Mapping[str, Any]:
        return {self.name: self.value}


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """The part of a timeline that a record's page and the API show.

    origins: register, or derived column that is not null -> the event that its value is from.
    writes: column -> its newest writes, in the order of clocks.
    """

    origins: dict[str, Provenance]
    writes: dict[str, list[WrittenValue]]


def timeline_entries(record: Record) -> QuerySet[TimelineEntry]:
    """Return the entries of all events that touched the record."""
    return TimelineEntry.objects.filter(record_type=model_name(type(record)), record_id=record.pk)


def read_history(record: Record, columns: Iterable[str] = ()) -> RecordHistory:
    """Return the origins of a record's values, and the writes to these columns, by one query."""
    registers = stored_clocks(record.registers)
    clocks = {name: clock for name, clock in registers.items() if not name.startswith(COUNTED)}
    rules = record.derived_columns
    wanted = sorted(history_columns(rules).union(columns))
    key = {"record_type": model_name(type(record)), "record_id": record.pk}
    writes: dict[str, list[WrittenValue]] = {"": [], EXISTS: [], **{column: [] for column in wanted}}
    for row in fetch_rows(READ_HISTORY, **key, clocks=sorted(set(clocks.values())), columns=wanted):
        written = _make_written(*row)
        writes[written.name].append(written)
    by_clock = {written.clock: written.origin for written in chain.from_iterable(writes.values())}
    derived = {column: _derived_origin(column, rule, writes) for column, rule in rules.items()}
    clocks |= {column: origin.clock for column, origin in derived.items() if origin}
    if writes[EXISTS] and EXISTS in registers:
        # The record's own events alone write it.
        clocks |= {"first_event_at": writes[EXISTS][0].clock, "last_event_at": registers[EXISTS]}
    origins = {name: by_clock[clock] for name, clock in clocks.items() if clock in by_clock}
    return RecordHistory(origins, {column: writes[column] for column in wanted})


def find_provenance(record: Record) -> dict[str, Provenance]:
    """Return the provenance of each register by its name, and of each derived column that is not null."""
    return read_history(record).origins


def read_register(record: Record, register: str, path: Sequence[str] = ()) -> list[WrittenValue]:
    """Return the newest writes to one register and, if it is a set, to its members, in the order of clocks.

    path: of the part of a document that is asked for; empty for the whole value.
    """
    key = {"record_type": model_name(type(record)), "record_id": record.pk}
    rows = fetch_rows(READ_REGISTER, **key, register=register, path=list(path))
    return [_make_written(*row) for row in rows]


def _make_written(
    name: str,
    clock: str,
    event_id: int,
    value: str | None,
    event_type: str,
    scope: str | None,
    is_large: bool = False,
) -> WrittenValue:
    """Return a row of the statements above.

    value: JSON; None if it was not read, or if the document that was written lacks the part asked for.
    """
    origin = Provenance(clock, event_id, event_type, scope)
    return WrittenValue(name, None if value is None else json.loads(value), origin, is_large)


def _derived_origin(
    column: str, rule: RunStart, writes: Mapping[str, list[WrittenValue]]
) -> DerivedOrigin | None:
    """Return the write that a derived column is from. writes: column -> its writes."""
    written: dict[str, dict[str, Any]] = defaultdict(dict)
    for name in {column, *rule.columns}:
        for value in writes.get(name, ()):
            written[value.clock].update(value.wrote)
    return find_derived_origin(rule, column, sorted(written.items()))
