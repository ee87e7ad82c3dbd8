"""The results of the readiness checks as a metric, for alerts."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from crmmirror.health.checks import run_checks


class ChecksCollector(Collector):
    """The checks of /readyz, run at each scrape. Leaves out a check whose result is unknown."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        passed = GaugeMetricFamily(
            "crmmirror_check_passed",
            "1 if this check of /readyz passed in the web process that was asked, 0 if it failed.",
            labels=["check"],
        )
        for name, result in run_checks().items():
            if result.state != "unknown":
                passed.add_metric([name], result.is_ok)
        yield passed
