"""What vendors send that the mapping does not know, read off the log and the timeline when it is asked for.

Nothing is counted ahead: an event counts once however often it came or was applied, and what the
mapping has learnt since is told apart from what it still does not know.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from entities.vendors import all_vendors
from events.reports.mapping_coverage import FindingKind, mapped_paths, mapped_types

# Of each kind.
MAX_FINDINGS = 200
MAX_TEXT = 200
# What a page reads, of the newest; all of a million entries take seconds.
PAGE_ENTRIES = 100_000
PAGE_EVENTS = 50_000


@dataclass(frozen=True)
class Finding:
    """One thing that one vendor sends under one type of event.

    record_type: the model's name, and path: the key in what was said of that record; both empty
        where the type itself is not known. events: how many said it. first and last: when the first
        and the last of them were received. example: the last one's id.
    """

    kind: FindingKind
    vendor: str
    event_type: str
    record_type: str
    path: str
    events: int
    first: datetime
    last: datetime
    example: int


@dataclass(frozen=True)
class DriftReport:
    """Of each kind the most frequent first, `MAX_FINDINGS` at most.

    since: the beginning of the period. types_since, fields_since: from when on the unknown types and
        the fields were read; later than `since` where a limit was reached.
    """

    since: datetime
    types_since: datetime
    fields_since: datetime
    findings: tuple[Finding, ...]

    def of(self, kind: FindingKind) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.kind is kind)


@dataclass(frozen=True)
class ReadLimits:
    """How many of the newest ignored events and timeline entries are read; None for all of the period's."""

    events: int | None = None
    entries: int | None = None


PAGE_LIMITS = ReadLimits(PAGE_EVENTS, PAGE_ENTRIES)

SINCE = "SELECT now() - make_interval(days => %s)"
FIRST = "SELECT id FROM events_event WHERE received_at >= %s ORDER BY received_at LIMIT 1"
# The newest event that is not read any more; the whole of what the others said is.
LAST_IGNORED = """
    SELECT id FROM events_event WHERE status = 'ignored' AND id >= %s ORDER BY id DESC OFFSET %s LIMIT 1
"""
LAST_TOLD = """
    SELECT event_id FROM entities_timelineentry WHERE event_id >= %s ORDER BY event_id DESC OFFSET %s LIMIT 1
"""
RECEIVED = "SELECT received_at FROM events_event WHERE id >= %s ORDER BY id LIMIT 1"
TYPES = """
    SELECT CASE WHEN known.event_type IS NULL THEN 'type' ELSE 'learnt-type' END AS kind,
        vendor, left(event.event_type, %(text)s) AS event_type, '' AS record_type, '' AS path,
        count(*) AS events, min(received_at) AS first, max(received_at) AS last, max(event.id) AS example
    FROM events_event event
    JOIN events_source source ON source.id = source_id
    LEFT JOIN jsonb_to_recordset(%(known)s::jsonb) AS known (vendor text, event_type text)
        USING (vendor, event_type)
    WHERE status = 'ignored' AND event.id >= %(first)s AND received_at >= %(since)s
        AND vendor = ANY(%(vendors)s)
    GROUP BY 1, 2, 3
"""
# A value that its column cannot hold stands beside a null under the column's name. To search the text
# first spares most entries the unfolding of their keys: twice as fast.
FIELDS = """
    WITH told AS (
        SELECT event_id, record_type, wrote, key, substr(key, 7) AS place
        FROM entities_timelineentry, jsonb_object_keys(wrote) AS key
        WHERE event_id >= %(first)s AND wrote::text LIKE '%%"extra.%%' AND starts_with(key, 'extra.')
    )
    SELECT CASE
            WHEN known.place IS NULL THEN 'field'
            WHEN EXISTS (SELECT FROM unnest(columns) AS name WHERE wrote -> name = 'null') THEN 'value'
            WHEN wrote ?| columns THEN 'spare'
            WHEN jsonb_typeof(wrote -> key) = 'object' THEN known.object
            ELSE known.scalar
        END AS kind,
        vendor, left(event_type, %(text)s) AS event_type, record_type, left(place, %(text)s) AS path,
        count(DISTINCT event.id) AS events,
        min(received_at) AS first, max(received_at) AS last, max(event.id) AS example
    FROM told
    JOIN events_event event ON event.id = event_id
    JOIN events_source source ON source.id = source_id
    LEFT JOIN jsonb_to_recordset(%(known)s::jsonb)
        AS known (vendor text, record_type text, place text, columns text[], object text, scalar text)
        USING (vendor, record_type, place)
    WHERE received_at >= %(since)s AND vendor = ANY(%(vendors)s)
    GROUP BY 1, 2, 3, 4, 5
"""
FINDINGS = """
    SELECT kind, vendor, event_type, record_type, path, events, first, last, example
    FROM (
        SELECT *, row_number() OVER (PARTITION BY kind ORDER BY {order}) AS rank FROM ({found}) AS found
    ) AS ranked
    WHERE rank <= %(findings)s ORDER BY {order}
"""
ORDER = "events DESC, vendor, event_type, record_type, path"


def find_drift(days: int, vendor: str = "", limits: ReadLimits = ReadLimits()) -> DriftReport:
    """Of the last `days` by the database's clock, of one vendor or of all that sources have."""
    since = _value(SINCE, days)
    first = _value(FIRST, since)
    if first is None:
        return DriftReport(since, since, since, ())
    floors = [_floor(LAST_IGNORED, first, limits.events), _floor(LAST_TOLD, first, limits.entries)]
    statements = zip((TYPES, FIELDS), floors, (mapped_types(), mapped_paths()), strict=True)
    findings = tuple(
        Finding(FindingKind(kind), *cells)
        for statement, floor, rows in statements
        for kind, *cells in _run(
            FINDINGS.format(order=ORDER, found=statement), _parameters(since, floor or first, vendor, rows)
        )
    )
    types_since, fields_since = (since if floor is None else _value(RECEIVED, floor) for floor in floors)
    order = tuple(FindingKind)
    ordered = tuple(sorted(findings, key=lambda one: order.index(one.kind)))
    return DriftReport(since, types_since, fields_since, ordered)


def to_json(found: DriftReport) -> dict[str, Any]:
    """With times in ISO 8601."""
    return json.loads(json.dumps(asdict(found), default=datetime.isoformat))


def _parameters(since: datetime, first: int, vendor: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """rows: what is known."""
    return {
        "since": since,
        "first": first,
        "vendors": [vendor] if vendor else list(all_vendors()),
        "known": json.dumps(rows),
        "text": MAX_TEXT,
        "findings": MAX_FINDINGS,
    }


def _floor(statement: str, first: int, limit: int | None) -> int | None:
    """From which event on to read so that no more than about `limit` are; None where all of them may be."""
    last = None if limit is None else _value(statement, first, limit)
    return None if last is None else last + 1


def _value(statement: str, *parameters: Any) -> Any:
    rows = _run(statement, parameters)
    return rows[0][0] if rows else None


def _run(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
