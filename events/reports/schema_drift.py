"""Finds schema drift: what vendors send that the mapping does not cover, from the log and the timeline.

Nothing is counted when events arrive, so an event counts once however often it was delivered or applied, and
what the mapping has learnt since is reported apart from what it still does not know.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows, fetch_value
from entities.access.visibility import EVERYTHING, Visibility
from entities.reading.mapper import UNKNOWN_TYPE_BEGINNING
from entities.vendors import all_vendors
from events.reports.mapping_coverage import FindingKind, mapped_paths, mapped_types
from events.reports.visible_events import VisibleEvents, match_visible_events

# Of each kind.
MAX_FINDINGS = 200
# Characters of an event type or a path.
MAX_NAME_LENGTH = 200
# How many of the newest a page reads; a million entries take seconds.
MAX_PAGE_ENTRIES = 100_000
MAX_PAGE_EVENTS = 50_000


@dataclass(frozen=True)
class Finding:
    """One thing that one vendor sends in events of one type.

    record_type: the model's name. path: the key in the payload that describes that record. Both are empty if
        the event type itself is unknown. events: how many have it. first, last: when the first and the last
        of them were received. example: the id of the last one.
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
    """The findings, by kind and the most frequent first; at most MAX_FINDINGS of each kind.

    since: the beginning of the period. types_since, fields_since: from when on event types, and fields, were
        read; later than `since` if a limit was reached.
    """

    since: datetime
    types_since: datetime
    fields_since: datetime
    findings: tuple[Finding, ...]

    def findings_of(self, kind: FindingKind) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind is kind)


@dataclass(frozen=True)
class ReadLimits:
    """How many of the newest ignored events and timeline entries are read; None for all of the period."""

    events: int | None = None
    entries: int | None = None


PAGE_LIMITS = ReadLimits(MAX_PAGE_EVENTS, MAX_PAGE_ENTRIES)

PERIOD_START = "SELECT now() - make_interval(days => %s)"
# An archive that was imported later has older receipts and higher ids: the first receipt may not have the
# lowest id. MATERIALIZED: or the planner would walk all ids from the first on.
FIRST_EVENT = """
    WITH recent AS MATERIALIZED (SELECT id FROM events_event WHERE received_at >= %s)
    SELECT min(id) FROM recent
"""
# The newest event beyond a limit. Only what is newer is read, and so every event that is read is read whole.
NEWEST_UNREAD_IGNORED = """
    SELECT id FROM events_event WHERE status = 'ignored' AND id >= %(first_id)s AND id {is_visible}
    ORDER BY id DESC OFFSET %(limit)s LIMIT 1
"""
NEWEST_UNREAD_ENTRY = """
    SELECT event_id FROM entities_timelineentry WHERE event_id >= %(first_id)s AND event_id {is_visible}
    ORDER BY event_id DESC OFFSET %(limit)s LIMIT 1
"""
RECEIPT_OF_FIRST_FROM = "SELECT received_at FROM events_event WHERE id >= %s ORDER BY id LIMIT 1"
IGNORED_TYPES = """
    WITH unmapped AS (
        SELECT event.id, source_id, event_type, received_at
        FROM events_event event
        WHERE status = 'ignored' AND event.id >= %(first_id)s AND received_at >= %(since)s
        UNION
        -- Of a list of events, the row has the type of the first one; warnings name those not mapped.
        SELECT event.id, source_id, substring(warning FROM %(unknown_type)s), received_at
        FROM (
            SELECT id, source_id, received_at, warnings FROM events_event
            WHERE status IN ('applied', 'ignored') AND id >= %(first_id)s AND received_at >= %(since)s
                AND source_id IN (SELECT id FROM events_source WHERE vendor = ANY(%(list_vendors)s))
                AND warnings <> '[]'
        ) event, jsonb_array_elements_text(warnings) AS warning
        WHERE warning ~ %(unknown_type)s
    ), sums AS (
        SELECT vendor, event_type, count(*) AS events, min(received_at) AS first, max(received_at) AS last,
            max(unmapped.id) AS example
        FROM unmapped
        JOIN events_source source ON source.id = source_id
        WHERE vendor = ANY(%(vendors)s) AND unmapped.id {is_visible}
        GROUP BY 1, 2
    )
    SELECT CASE
            WHEN EXISTS (
                SELECT FROM jsonb_to_recordset(%(mapped)s::jsonb) AS mapped (vendor text, event_type text)
                WHERE mapped.vendor = sums.vendor AND (
                    mapped.event_type = sums.event_type
                    OR mapped.event_type LIKE '%%*'
                        AND starts_with(sums.event_type, rtrim(mapped.event_type, '*'))
                )
            ) THEN 'learnt-type' ELSE 'type'
        END AS kind,
        vendor, left(event_type, %(name_length)s) AS event_type, '' AS record_type, '' AS path,
        events, first, last, example
    FROM sums
"""
# The warning of the mapper, with the event's place in its list before it.
UNKNOWN_TYPE = f"^event [0-9]+: {UNKNOWN_TYPE_BEGINNING}(.*)$"
# A timeline entry has `extra.<path>` for each value that no column took. If the column could not hold the
# value, the entry also has a null under the column's name. The search in the text comes first because it
# spares most entries the unfolding of their keys: twice as fast.
EXTRA_FIELDS = """
    WITH extra AS (
        SELECT event_id, record_type, wrote, key, substr(key, 7) AS path
        FROM entities_timelineentry, jsonb_object_keys(wrote) AS key
        WHERE event_id >= %(first_id)s AND starts_with(key, 'extra.')
        -- Most entries have no such key, which their text shows faster than their keys. Not so large ones.
        AND (pg_column_size(wrote) > %(large_bytes)s OR wrote::text LIKE '%%"extra.%%')
    )
    SELECT CASE
            WHEN mapped.path IS NULL THEN 'field'
            WHEN EXISTS (SELECT FROM unnest(columns) AS name WHERE wrote -> name = 'null') THEN 'value'
            WHEN wrote ?| columns THEN 'spare'
            -- What a list of the API calls as webhooks do is not always the same.
            WHEN origin <> 'webhook' THEN 'field'
            WHEN jsonb_typeof(wrote -> key) = 'object' THEN object_kind
            ELSE scalar_kind
        END AS kind,
        vendor, left(event_type, %(name_length)s) AS event_type, record_type,
        left(path, %(name_length)s) AS path, count(DISTINCT event.id) AS events,
        min(received_at) AS first, max(received_at) AS last, max(event.id) AS example
    FROM extra
    JOIN events_event event ON event.id = event_id
    JOIN events_source source ON source.id = source_id
    LEFT JOIN jsonb_to_recordset(%(mapped)s::jsonb) AS mapped
        (vendor text, record_type text, path text, columns text[], object_kind text, scalar_kind text,
            is_kept boolean)
        USING (vendor, record_type, path)
    WHERE NOT (coalesce(is_kept, false) AND jsonb_typeof(wrote -> key) IN ('array', 'string'))
        AND received_at >= %(since)s AND vendor = ANY(%(vendors)s) AND event.id {is_visible}
    GROUP BY 1, 2, 3, 4, 5
"""
# As they are stored, which is mostly compressed.
LARGE_ENTRY_BYTES = 10_000
MOST_FREQUENT = """
    SELECT kind, vendor, event_type, record_type, path, events, first, last, example
    FROM (
        SELECT *, row_number() OVER (PARTITION BY kind ORDER BY {order}) AS rank FROM ({findings}) AS finding
    ) AS ranked
    WHERE rank <= %(max_findings)s ORDER BY {order}
"""
ORDER = "events DESC, vendor, event_type, record_type, path"


def find_drift(
    days: int,
    vendor: str = "",
    limits: ReadLimits = ReadLimits(),
    visibility: Visibility = EVERYTHING,
) -> DriftReport:
    """Report the drift of the last `days`, by the database's clock, of one vendor or of all vendors.

    visibility: what those who ask see; no other event is counted.
    """
    since = fetch_value(PERIOD_START, days)
    first_id = fetch_value(FIRST_EVENT, since)
    if first_id is None:
        return DriftReport(since, since, since, ())
    events = match_visible_events(visibility)
    types_from = _first_id_within(limits.events, NEWEST_UNREAD_IGNORED, first_id, events)
    fields_from = _first_id_within(limits.entries, NEWEST_UNREAD_ENTRY, first_id, events)
    period: dict[str, Any] = {"since": since, "vendors": [vendor] if vendor else list(all_vendors())}
    findings = [
        *_fetch_findings(IGNORED_TYPES, events, mapped_types(), first_id=types_from or first_id, **period),
        *_fetch_findings(EXTRA_FIELDS, events, mapped_paths(), first_id=fields_from or first_id, **period),
    ]
    kinds = tuple(FindingKind)
    return DriftReport(
        since,
        since if types_from is None else fetch_value(RECEIPT_OF_FIRST_FROM, types_from),
        since if fields_from is None else fetch_value(RECEIPT_OF_FIRST_FROM, fields_from),
        tuple(sorted(findings, key=lambda finding: kinds.index(finding.kind))),
    )


def to_json(report: DriftReport) -> dict[str, Any]:
    """Return the report as JSON values, with times in ISO 8601."""
    return json.loads(json.dumps(asdict(report), default=datetime.isoformat))


def _fetch_findings(
    statement: str, events: VisibleEvents, mapped: list[dict[str, Any]], **parameters: Any
) -> list[Finding]:
    """Run a statement that joins what was sent with what is mapped; return its most frequent findings."""
    rows = fetch_rows(
        MOST_FREQUENT.format(order=ORDER, findings=statement.format(is_visible=events.condition)),
        mapped=json.dumps(mapped),
        name_length=MAX_NAME_LENGTH,
        max_findings=MAX_FINDINGS,
        large_bytes=LARGE_ENTRY_BYTES,
        unknown_type=UNKNOWN_TYPE,
        list_vendors=[name for name, vendor in all_vendors().items() if vendor.batch],
        **events.parameters,
        **parameters,
    )
    return [Finding(FindingKind(kind), *cells) for kind, *cells in rows]


def _first_id_within(
    limit: int | None, newest_unread: str, first_id: int, events: VisibleEvents
) -> int | None:
    """Return the id from which about `limit` rows are left to read; None if all are within the limit."""
    if limit is None:
        return None
    statement = newest_unread.format(is_visible=events.condition)
    unread_id = fetch_value(statement, first_id=first_id, limit=limit, **events.parameters)
    return None if unread_id is None else unread_id + 1
