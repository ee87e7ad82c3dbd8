"""The exposition for Prometheus: the counts of `metrics`, and the backlog as the database has it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import Error, transaction
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.database.cursors import Row, fetch_rows
from events.monitoring.metrics import PROCESS_REGISTRY

# The largest number of pending events that one scrape reads.
MAX_SAMPLED_EVENTS = 10_000
STATEMENT_TIMEOUT_SECONDS = 2
SET_STATEMENT_TIMEOUT = "SELECT set_config('statement_timeout', %s, true)"
PENDING_BY_SOURCE = """
    WITH sample AS (
        SELECT source_id, received_at FROM events_event WHERE status = 'pending' ORDER BY id LIMIT %s
    )
    SELECT slug, count(received_at),
        greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0))::float
    FROM events_source source LEFT JOIN sample ON source_id = source.id
    GROUP BY slug
    HAVING count(received_at) > 0 OR (SELECT count(*) FROM sample) < %s
    ORDER BY slug
"""

database_circuit = CircuitBreaker("metrics_database")


class BacklogCollector(Collector):
    """The backlog: pending events by source. Read at each scrape, so that a dead process leaves no old value.

    If more than MAX_SAMPLED_EVENTS events are pending, a source that has none among the oldest of them is
    left out, because its number is not known. If the database does not answer, all sources are left out.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        count = GaugeMetricFamily(
            "crmmirror_pending_events",
            f"Pending events, among the oldest {MAX_SAMPLED_EVENTS} of all sources.",
            labels=["source"],
        )
        age = GaugeMetricFamily(
            "crmmirror_oldest_pending_event_age_seconds",
            "Seconds since the source's oldest pending event was received; 0 if none is pending.",
            labels=["source"],
        )
        for source, pending, seconds in _read_backlog():
            count.add_metric([source], pending)
            age.add_metric([source], seconds)
        yield from (count, age)


class CountsCollector(Collector):
    """The counts of all processes of this machine; without METRICS_DIRECTORY, those of this process."""

    def collect(self) -> Iterable[Metric]:
        if not settings.METRICS_DIRECTORY:
            return PROCESS_REGISTRY.collect()
        Path(settings.METRICS_DIRECTORY).mkdir(parents=True, exist_ok=True)
        return MultiProcessCollector(None, settings.METRICS_DIRECTORY).collect()


def make_registry(*collectors: Collector) -> CollectorRegistry:
    """Return a registry of these collectors alone, without the default ones of the library."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return registry


def _read_backlog() -> list[Row]:
    """Return (slug, pending events, seconds of the oldest) by source; nothing if the database is away."""
    try:
        with transaction.atomic():
            fetch_rows(SET_STATEMENT_TIMEOUT, f"{STATEMENT_TIMEOUT_SECONDS}s")
            backlog = fetch_rows(PENDING_BY_SOURCE, MAX_SAMPLED_EVENTS, MAX_SAMPLED_EVENTS)
    except Error as error:
        database_circuit.record_failure(error)
        return []
    database_circuit.record_success()
    return backlog
