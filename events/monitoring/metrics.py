"""Metrics: the counters and histograms of deliveries and events, which `exposition` exposes to Prometheus.

Each process counts in its own files in METRICS_DIRECTORY. A process that is scraped adds up the files of all
processes of its machine: web servers, workers and commands, also those that have ended. A machine that runs
only workers is scraped itself (`manage.py serve_metrics`), and Prometheus adds up the machines. Counters in
the database would also cover all machines, but all workers would wait for their rows with every batch, and
`count(*)` reads the whole log. Without the directory, a process exposes its own counts.

Counting follows the commit: a process that is killed in between leaves out one delivery or batch. Labels are
slugs and words of this program, never words of a vendor, so that their number stays small.
"""

import collections
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import ParamSpec

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram

from crmmirror.lib.circuit_breaker import CircuitBreaker
from entities.stored_events import Verdict


@dataclass(frozen=True, slots=True)
class SettledEvent:
    """An event that was just settled. source: the slug. seconds: from its receipt until now."""

    source: str
    verdict: str
    attempts: int
    seconds: float


PROCESS_REGISTRY = CollectorRegistry()
DELIVERIES = Counter(
    "crmmirror_deliveries",
    "Authentic deliveries, by outcome.",
    ["source", "outcome"],
    registry=PROCESS_REGISTRY,
)
REFUSED_DELIVERIES = Counter(
    "crmmirror_refused_deliveries",
    "Refused deliveries, by reason; the source is empty if it is not known.",
    ["source", "reason"],
    registry=PROCESS_REGISTRY,
)
SETTLED_EVENTS = Counter(
    "crmmirror_settled_events",
    "Events that workers have settled, by verdict; an event that is applied again counts again.",
    ["source", "verdict"],
    registry=PROCESS_REGISTRY,
)
BATCH_EVENTS = Histogram(
    "crmmirror_batch_events",
    "Number of the source's events in a batch.",
    ["source"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
    registry=PROCESS_REGISTRY,
)
SECONDS_TO_APPLIED = Histogram(
    "crmmirror_receipt_to_applied_seconds",
    "Seconds from receipt to applied, of events that were applied at the first attempt.",
    ["source"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
    registry=PROCESS_REGISTRY,
)

# The files of a process are named by these, as `prometheus_client` does.
METRIC_TYPES = ("counter", "histogram")
# Enough for some 80 sources: each takes about 3 kB of the larger file.
PREALLOCATED_BYTES = 256 * 1024

metrics_circuit = CircuitBreaker("metrics")
preallocated_pids: set[int] = set()
P = ParamSpec("P")


def tolerate_disk_errors(count: Callable[P, None]) -> Callable[P, None]:
    """Decorate a function that counts: if the disk fails, the count is lost, and the work goes on."""

    @wraps(count)
    def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            preallocate_files()
            count(*args, **kwargs)
        except OSError as error:
            metrics_circuit.record_failure(error)
        else:
            metrics_circuit.record_success()

    return counted


@tolerate_disk_errors
def count_delivery(source: str, outcome: str) -> None:
    """Count an authentic delivery. source: the slug."""
    DELIVERIES.labels(source, outcome).inc()


@tolerate_disk_errors
def count_refusal(source: str, reason: str) -> None:
    """Count a refused delivery. source: the slug; empty if it is not known."""
    REFUSED_DELIVERIES.labels(source, reason).inc()


@tolerate_disk_errors
def count_settled(batch: Sequence[SettledEvent]) -> None:
    """Count the events of one batch, and observe how long they took from receipt to applied."""
    verdicts = collections.Counter((event.source, event.verdict) for event in batch)
    for (source, verdict), count in verdicts.items():
        SETTLED_EVENTS.labels(source, verdict).inc(count)
    for source, count in collections.Counter(event.source for event in batch).items():
        BATCH_EVENTS.labels(source).observe(count)
        _observe_durations(source, (event for event in batch if event.source == source))


def _observe_durations(source: str, events: Iterable[SettledEvent]) -> None:
    histogram = SECONDS_TO_APPLIED.labels(source)
    for event in events:
        if event.verdict == Verdict.APPLIED and event.attempts == 1:
            histogram.observe(max(0, event.seconds))


def preallocate_files() -> None:
    """Allocate the disk space of this process's files before they are mapped into memory. Raises OSError.

    Otherwise, when the disk is full, a write to the mapped memory would kill the process (SIGBUS).
    """
    if not settings.METRICS_DIRECTORY or os.getpid() in preallocated_pids:
        return
    directory = Path(settings.METRICS_DIRECTORY)
    directory.mkdir(parents=True, exist_ok=True)
    for metric_type in METRIC_TYPES:
        with NamedTemporaryFile(dir=directory) as file:
            os.posix_fallocate(file.fileno(), 0, PREALLOCATED_BYTES)
            # An existing file belongs to an earlier process with the same id: its counts are continued.
            with suppress(FileExistsError):
                os.link(file.name, directory / f"{metric_type}_{os.getpid()}.db")
    preallocated_pids.add(os.getpid())
