"""Reads what happened to a record and to those related to it, newest first, by one statement.

A keyset leads to what is older: the clock of the last entry that was read, and which record it is of.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from crmmirror.lib.database.cursors import fetch_rows
from entities.merge.clock import Rank, parse_clock
from entities.merge.registers import ADDITION, EXISTS
from entities.models import Record, TimelineEntry
from entities.models.introspection import mirrored_fields, model_name, record_models_by_name
from entities.models.short_rows import make_record, short_columns
from entities.provenance import EVENTS, Provenance

PAGE_SIZE = 30
# Of each kind of related records, those of which something was heard last.
MAX_RELATED = 500
# The value before a change is looked for in so many entries of the record. Without a bound, each column that
# an event writes for the first time would read the record's whole history. What is older counts as unknown.
MAX_EARLIER = 100
# Characters of a value that are shown.
MAX_VALUE_LENGTH = 300
RANKS = "|".join(map(re.escape, Rank))
CURSOR = re.compile(rf"(\d{{4,}}-\S+ (?:{RANKS}) [0-9a-f]{{64}}(?:\.\d{{6}})?) (\w{{1,40}}) (\d{{1,18}})")
TIMELINE = f'"{TimelineEntry._meta.db_table}"'


class Cursor(NamedTuple):
    """The place of an entry: the ones after it are older."""

    clock: str
    record_type: str
    record_id: int

    def __str__(self) -> str:
        return f"{self.clock} {self.record_type} {self.record_id}"


def parse_cursor(text: str) -> Cursor | None:
    """Return the cursor of an address; None if it is none."""
    match = CURSOR.fullmatch(text)
    if match is None:
        return None
    try:
        parse_clock(match[1])
    except ValueError:
        return None
    return Cursor(match[1], match[2], int(match[3]))


@dataclass(frozen=True)
class Change:
    """One change of an event: a column, or a member of a set, that it added.

    before, after: as JSON has them; a long text is cut, and another long value is None.
    is_first: no earlier event, of the MAX_EARLIER before, gave the column a value.
    """

    name: str
    before: Any
    after: Any
    is_first: bool


@dataclass(frozen=True)
class Happening:
    """The changes that one event made to one record."""

    record: Record
    origin: Provenance
    changes: tuple[Change, ...]

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.origin.clock, model_name(type(self.record)), self.record.pk)


class TimelinePart(NamedTuple):
    """A part of a timeline, and the cursor of what is older; None if there is nothing older."""

    happenings: list[Happening]
    older: Cursor | None


def read_happenings(
    record: Record, related: Iterable[QuerySet], cursor: Cursor | None, *, has_own: bool = True
) -> TimelinePart:
    """Return the newest PAGE_SIZE happenings that are older than the cursor.

    related: the rows of one model each, in the order in which they are wanted. has_own: also of the record.
    """
    statement, parameters = _candidates(record, related, has_own=has_own)
    if not statement:
        return TimelinePart([], None)
    names = {(name, column) for name, model in record_models_by_name().items() for column in _columns(model)}
    types, columns = zip(*sorted(names), strict=True)
    limits = (cursor.clock, *cursor) if cursor else ()
    rows = fetch_rows(
        _statement(statement, is_older=bool(cursor)), *parameters, *limits, list(types), list(columns)
    )
    happenings = [_make_happening(record, *row) for row in rows[:PAGE_SIZE]]
    return TimelinePart(happenings, happenings[-1].cursor if len(rows) > PAGE_SIZE else None)


def _candidates(record: Record, related: Iterable[QuerySet], *, has_own: bool) -> tuple[str, list[Any]]:
    """Return a statement of the records whose entries are read, and its parameters."""
    parts, parameters = [], list[Any]()
    if has_own:
        parts.append("SELECT %s::text AS record_type, %s::bigint AS id")
        parameters += [model_name(type(record)), record.pk]
    for rows in related:
        try:
            statement, values = rows.values("pk")[:MAX_RELATED].query.sql_with_params()
        except EmptyResultSet:
            # The viewer sees nothing.
            continue
        parts.append(f"SELECT %s::text, id FROM ({statement}) AS related (id)")
        parameters += [str(rows.model._meta.model_name), *values]
    return " UNION ".join(parts), parameters


def _statement(candidates: str, *, is_older: bool) -> str:
    """Return the statement that reads entries: first which ones, then what they changed.

    An entry that wrote nothing only says that another record refers to this one, which has its own entry.
    """
    older = (
        'AND clock <= %s AND (clock, record_type COLLATE "C", record_id) < (%s, %s, %s)' if is_older else ""
    )
    rows = " UNION ALL ".join(
        f'SELECT to_jsonb(short) FROM (SELECT {short_columns(model)} FROM "{model._meta.db_table}"'
        f" WHERE newest.record_type = '{name}' AND id = newest.record_id) AS short"
        for name, model in record_models_by_name().items()
    )
    return f"""
        WITH candidate (record_type, id) AS ({candidates}), newest AS (
            SELECT entry.* FROM candidate CROSS JOIN LATERAL (
                SELECT id, record_type, record_id, clock, event_id FROM {TIMELINE}
                WHERE record_type = candidate.record_type AND record_id = candidate.id
                    AND wrote <> '{{}}' {older}
                ORDER BY clock DESC LIMIT {PAGE_SIZE + 1}
            ) AS entry
            ORDER BY entry.clock DESC, entry.record_type COLLATE "C" DESC, entry.record_id DESC
            LIMIT {PAGE_SIZE + 1}
        ), shown (record_type, name) AS (SELECT * FROM unnest(%s::text[], %s::text[]))
        SELECT newest.clock, newest.event_id, event.event_type, event.scope, newest.record_type, row.*,
            (SELECT jsonb_agg(jsonb_build_array(
                name, {_bound("before")}, {_bound("after")}, before IS NULL
            ) ORDER BY name) FROM (
                SELECT name, entry.wrote -> name AS after, (
                    SELECT wrote -> name FROM (
                        SELECT wrote, clock FROM {TIMELINE} AS earlier
                        WHERE earlier.record_type = newest.record_type
                            AND earlier.record_id = newest.record_id AND earlier.clock < newest.clock
                        ORDER BY clock DESC LIMIT {MAX_EARLIER}
                    ) AS earlier
                    WHERE wrote ? name ORDER BY clock DESC LIMIT 1
                ) AS before
                FROM (
                    SELECT name FROM shown WHERE shown.record_type = newest.record_type
                    UNION ALL SELECT key FROM jsonb_object_keys(entry.wrote) AS key
                    WHERE EXISTS (SELECT FROM shown WHERE shown.record_type = newest.record_type
                        AND name LIKE '%%{ADDITION}' AND starts_with(key, name))
                ) AS names WHERE entry.wrote ? name
            ) AS written WHERE before IS DISTINCT FROM after)
        FROM newest JOIN {TIMELINE} AS entry ON entry.id = newest.id
        JOIN "{EVENTS}" AS event ON event.id = newest.event_id
        CROSS JOIN LATERAL ({rows}) AS row
        ORDER BY newest.clock DESC, newest.record_type COLLATE "C" DESC, newest.record_id DESC
    """


def _bound(value: str) -> str:
    """Return the expression for a JSON value as it is shown."""
    text = f"to_jsonb(left({value} #>> '{{}}', {MAX_VALUE_LENGTH}))"
    return f"""CASE WHEN jsonb_typeof({value}) = 'string' THEN {text}
        WHEN length({value}::text) <= {MAX_VALUE_LENGTH} THEN {value} END"""


def _columns(model: type[Record]) -> Sequence[str]:
    """Return what is told of a model: its columns, the additions to its sets, and whether records exist."""
    fields = mirrored_fields(model)
    sets = [name + ADDITION for name, field in fields.items() if isinstance(field, ArrayField)]
    return [EXISTS, *fields, *sets]


def _make_happening(
    record: Record,
    clock: str,
    event_id: int,
    event_type: str,
    scope: str | None,
    record_type: str,
    row: str,
    changes: str | None,
) -> Happening:
    values = json.loads(row)
    is_own = record_type == model_name(type(record)) and values["id"] == record.pk
    happened_to = (
        record if is_own else make_record(record_models_by_name()[record_type], values, record.source)
    )
    return Happening(
        happened_to,
        Provenance(clock, event_id, event_type, scope),
        tuple(Change(*change) for change in json.loads(changes or "[]")),
    )
