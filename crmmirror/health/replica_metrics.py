"""The state of the replica as a metric, for alerts."""

from collections.abc import Iterator

from django.conf import settings
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from crmmirror.readers.replica_state import replica_monitor


class ReplicaCollector(Collector):
    """A look at the replica at each scrape, at most one a second. Nothing without REPLICA_URL."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if not settings.REPLICA_URL:
            return
        state = replica_monitor.read_state()
        yield GaugeMetricFamily(
            "crmmirror_replica_usable",
            "1 if the web process that was asked reads from the replica, 0 if from the primary.",
            float(state.is_usable),
        )
        if state.behind_seconds is not None:
            yield GaugeMetricFamily(
                "crmmirror_replica_behind_seconds",
                "How far the replica is behind the primary.",
                state.behind_seconds,
            )
