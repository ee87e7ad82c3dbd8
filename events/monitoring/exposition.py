"""What Prometheus is shown: the counts of `metrics`, and what waits, which the database is asked for."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import Error, connection, transaction
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from crmmirror.lib.circuit_breaker import CircuitBreaker
from events.monitoring.metrics import PROCESS_REGISTRY

# Rows of the log that one look reads at most; and how long it may take.
MAX_SAMPLED_EVENTS = 10_000
QUERY_SECONDS = 2
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
    """What waits, by source. Asked anew each time, so that no process that died leaves it wrong.

    Where more than SAMPLE events wait, a source of which none is among the oldest SAMPLE is left out:
    nobody knows its number. Where the database does not answer, all are.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        count = GaugeMetricFamily(
            "crmmirror_pending_events",
            f"Events that wait, of the oldest {MAX_SAMPLED_EVENTS}.",
            labels=["source"],
        )
        age = GaugeMetricFamily(
            "crmmirror_oldest_pending_event_age_seconds",
            "Since the receipt of the source's oldest event that waits; 0 where none does.",
            labels=["source"],
        )
        for source, events, seconds in _waiting():
            count.add_metric([source], events)
            age.add_metric([source], seconds)
        yield from (count, age)


class CountsCollector(Collector):
    """What the processes of this machine have counted together; without a directory, this one."""

    def collect(self) -> Iterable[Metric]:
        if not settings.METRICS_DIRECTORY:
            return PROCESS_REGISTRY.collect()
        Path(settings.METRICS_DIRECTORY).mkdir(parents=True, exist_ok=True)
        return MultiProcessCollector(None, settings.METRICS_DIRECTORY).collect()


def make_registry(*collectors: Collector) -> CollectorRegistry:
    gathered = CollectorRegistry()
    for collector in collectors:
        gathered.register(collector)
    return gathered


def _waiting() -> list[tuple[str, int, float]]:
    """(slug, events, seconds) of each source; empty where the database is away."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{QUERY_SECONDS}s"])
            cursor.execute(PENDING_BY_SOURCE, [MAX_SAMPLED_EVENTS, MAX_SAMPLED_EVENTS])
            waiting = cursor.fetchall()
    except Error as error:
        database_circuit.record_failure(error)
        return []
    database_circuit.record_success()
    return waiting
