"""The state of sources, secrets, tokens and tables in the database, for alerts: read at each scrape."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import Error, transaction
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from crmmirror.lib.database.cursors import Row, fetch_rows
from events.monitoring.exposition import SET_STATEMENT_TIMEOUT, STATEMENT_TIMEOUT_SECONDS, database_circuit
from events.sources.secret_expiry import IS_ACTIVE_SQL

# How many of a source's newest events a run of malformed ones is looked for in.
MAX_RUN = 20
# So many in a row are no accident. The alert in deploy/prometheus/rules.yml has the same number.
MIN_RUN = 10
# Beyond these numbers, sources and tables are left out, so that a scrape has a bound.
MAX_SOURCES, MAX_TABLES = 500, 100
# Smaller tables have no dead rows that matter.
MIN_TABLE_ROWS = 10_000

NEWEST_EVENTS = f"""
    SELECT slug, extract(epoch FROM coalesce(newest.received_at, source.created_at))::float, malformed.count
    FROM events_source source
    LEFT JOIN LATERAL (
        SELECT received_at FROM events_event WHERE source_id = source.id ORDER BY id DESC LIMIT 1
    ) newest ON true
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE is_in_run) FROM (
            SELECT bool_and(status = 'malformed') OVER (ORDER BY id DESC) AS is_in_run
            FROM (
                SELECT id, status FROM events_event WHERE source_id = source.id
                ORDER BY id DESC LIMIT {MAX_RUN}
            ) latest
        ) run
    ) malformed
    WHERE active ORDER BY slug LIMIT {MAX_SOURCES}
"""
# Of the newest reconciliation. What its lists lack counts once the vendor has said that it is gone.
RECONCILED = f"""
    SELECT slug, extract(epoch FROM newest.started_at)::float, found.missed, found.asked
    FROM events_source source
    CROSS JOIN LATERAL (
        SELECT id, started_at FROM events_load
        WHERE source_id = source.id AND purpose = 'reconcile' ORDER BY id DESC LIMIT 1
    ) newest
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE kind <> 'gone' OR finding.state = 'mended') AS missed,
            count(*) FILTER (WHERE finding.state = 'asked') AS asked
        FROM events_finding finding JOIN events_resourceprogress progress ON progress.id = progress_id
        WHERE load_id = newest.id
    ) found
    WHERE active ORDER BY slug LIMIT {MAX_SOURCES}
"""
# A source with one active secret that never ends needs nobody. A trial key signs nothing of the vendor's.
SECRET_ENDS = f"""
    SELECT slug, extract(epoch FROM max(expires_at))::float
    FROM events_source source JOIN events_sourcesecret secret ON secret.source_id = source.id
    WHERE active AND NOT is_trial AND {IS_ACTIVE_SQL}
    GROUP BY slug HAVING bool_and(expires_at IS NOT NULL)
    ORDER BY slug LIMIT {MAX_SOURCES}
"""
LOADS = f"""
    SELECT slug, (state = 'done')::int, (state = 'stopped')::int
    FROM events_source source
    JOIN LATERAL (
        SELECT state FROM events_load WHERE source_id = source.id ORDER BY id DESC LIMIT 1
    ) newest ON true
    WHERE active ORDER BY slug LIMIT {MAX_SOURCES}
"""
EARLIEST_END = """
    SELECT extract(epoch FROM min(expires_at))::float FROM entities_apitoken
    WHERE expires_at > statement_timestamp()
"""
DATABASE_SIZE = "SELECT pg_database_size(current_database())"
TABLE_ROWS = f"""
    SELECT relname, n_live_tup, n_dead_tup FROM pg_stat_user_tables
    WHERE schemaname = 'public' AND n_live_tup + n_dead_tup >= {MIN_TABLE_ROWS}
    ORDER BY n_live_tup + n_dead_tup DESC LIMIT {MAX_TABLES}
"""


@dataclass(frozen=True)
class Gauge:
    """One gauge. column: that of its value in the rows of its statement, of which the first is the label."""

    name: str
    text: str
    statement: str
    label: str = ""
    column: int = 0


GAUGES = (
    Gauge(
        "crmmirror_last_delivery_timestamp_seconds",
        "When the active source's newest event was received; without any, when the source was made.",
        NEWEST_EVENTS,
        "source",
        1,
    ),
    Gauge(
        "crmmirror_malformed_run",
        f"How many of the active source's newest events, up to {MAX_RUN}, are malformed in a row.",
        NEWEST_EVENTS,
        "source",
        2,
    ),
    Gauge(
        "crmmirror_reconciliation_timestamp_seconds",
        "When the active source's newest reconciliation began.",
        RECONCILED,
        "source",
        1,
    ),
    Gauge(
        "crmmirror_reconciliation_missed",
        "How many webhooks the active source's newest reconciliation has found to be missed so far.",
        RECONCILED,
        "source",
        2,
    ),
    Gauge(
        "crmmirror_reconciliation_asked",
        "How many records that the vendor lists no more wait for somebody's answer.",
        RECONCILED,
        "source",
        3,
    ),
    Gauge(
        "crmmirror_secret_end_timestamp_seconds",
        "When the last secret of the active source ends, if all of them do.",
        SECRET_ENDS,
        "source",
        1,
    ),
    Gauge(
        "crmmirror_token_end_timestamp_seconds", "When the next API token ends, if any does.", EARLIEST_END
    ),
    Gauge("crmmirror_load_done", "1 if the source's newest load is done, else 0.", LOADS, "source", 1),
    Gauge("crmmirror_load_stopped", "1 if the newest load needs somebody, else 0.", LOADS, "source", 2),
    Gauge("crmmirror_database_bytes", "The size of the mirror's database on its disk.", DATABASE_SIZE),
    Gauge("crmmirror_table_live_rows", "Estimated rows of a large table.", TABLE_ROWS, "table", 1),
    Gauge(
        "crmmirror_table_dead_rows",
        "Estimated dead rows of a large table, which vacuum has not removed yet.",
        TABLE_ROWS,
        "table",
        2,
    ),
)


def describe_malformed_runs() -> list[str]:
    """Return a sentence for each active source whose newest events, MIN_RUN or more, are all malformed."""
    return [
        f"of {slug}, all of the last {'' if count < MAX_RUN else 'at least '}{count} events are malformed"
        for slug, _, count in fetch_rows(NEWEST_EVENTS)
        if count >= MIN_RUN
    ]


class MirrorStateCollector(Collector):
    """The gauges above. Without the database there are none, and none waits for it a second time."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = _read_all() if database_circuit.allows_call() else {}
        for gauge in GAUGES:
            family = GaugeMetricFamily(gauge.name, gauge.text, labels=[gauge.label] if gauge.label else [])
            for row in found.get(gauge.statement, ()):
                if row[gauge.column] is not None:
                    family.add_metric([row[0]] if gauge.label else [], row[gauge.column])
            yield family


def _read_all() -> dict[str, list[Row]]:
    """Return the rows of each statement; nothing if the database is away or too slow."""
    statements = dict.fromkeys(gauge.statement for gauge in GAUGES)
    try:
        with transaction.atomic():
            fetch_rows(SET_STATEMENT_TIMEOUT, f"{STATEMENT_TIMEOUT_SECONDS}s")
            found = {statement: fetch_rows(statement) for statement in statements}
    except Error as error:
        database_circuit.record_failure(error)
        return {}
    database_circuit.record_success()
    return found
