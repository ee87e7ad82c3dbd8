"""Counts what becomes of deliveries and events, for Prometheus. Nothing else counts; `exposition` shows.

Each process counts in files of its own in METRICS_DIRECTORY, and whoever is asked adds up the files of
all: web servers, workers and commands of a machine, those that have ended too. A machine of workers
alone is asked itself (`manage.py serve_metrics`), and Prometheus adds up the machines. Counts in the
database would span machines too, but cost every batch a row that all workers wait for; and `count(*)`
reads the whole log. Without the directory, a process shows what it has counted itself.

Everything is counted after the commit: a process that is killed in between leaves out one delivery or
batch. Labels are slugs and our own words, never a vendor's.
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
    """An event that was just settled: its source's slug, its verdict, and the seconds since its receipt."""

    source: str
    verdict: str
    attempts: int
    seconds: float


PROCESS_REGISTRY = CollectorRegistry()
DELIVERIES = Counter(
    "crmmirror_deliveries",
    "Authentic deliveries, by what they were.",
    ["source", "outcome"],
    registry=PROCESS_REGISTRY,
)
REFUSED_DELIVERIES = Counter(
    "crmmirror_refused_deliveries",
    "Deliveries refused, by reason; the source is empty where it is not known.",
    ["source", "reason"],
    registry=PROCESS_REGISTRY,
)
SETTLED_EVENTS = Counter(
    "crmmirror_settled_events",
    "Events that workers have settled, by verdict; what is applied again counts again.",
    ["source", "verdict"],
    registry=PROCESS_REGISTRY,
)
BATCH_EVENTS = Histogram(
    "crmmirror_batch_events",
    "The source's events in a batch.",
    ["source"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
    registry=PROCESS_REGISTRY,
)
SECONDS_TO_APPLIED = Histogram(
    "crmmirror_receipt_to_applied_seconds",
    "From receipt to applied, of events that were applied at the first try.",
    ["source"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
    registry=PROCESS_REGISTRY,
)

KINDS = ("counter", "histogram")
# A source fills some 3 kB of the larger file.
PREALLOCATED_BYTES = 256 * 1024

metrics_circuit = CircuitBreaker("metrics")
preallocated_pids: set[int] = set()
P = ParamSpec("P")


def tolerates_disk_errors(count: Callable[P, None]) -> Callable[P, None]:
    """What cannot be counted is not; that never stops the work."""

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


@tolerates_disk_errors
def count_delivery(source: str, outcome: str) -> None:
    """source: the slug, here and below."""
    DELIVERIES.labels(source, outcome).inc()


@tolerates_disk_errors
def count_refusal(source: str, reason: str) -> None:
    REFUSED_DELIVERIES.labels(source, reason).inc()


@tolerates_disk_errors
def count_settled(batch: Sequence[SettledEvent]) -> None:
    for (source, verdict), count in collections.Counter(
        (event.source, event.verdict) for event in batch
    ).items():
        SETTLED_EVENTS.labels(source, verdict).inc(count)
    for source, share in collections.Counter(event.source for event in batch).items():
        BATCH_EVENTS.labels(source).observe(share)
        _note_waits(source, (event for event in batch if event.source == source))


def _note_waits(source: str, events: Iterable[SettledEvent]) -> None:
    waits = SECONDS_TO_APPLIED.labels(source)
    for event in events:
        if event.verdict == Verdict.APPLIED and event.attempts == 1:
            waits.observe(max(0, event.seconds))


def preallocate_files() -> None:
    """Takes the room of this process's files from the disk before they are mapped. Raises OSError.

    A write to a part of a mapped file that a full disk has no room for would kill the process (SIGBUS).
    """
    if not settings.METRICS_DIRECTORY or os.getpid() in preallocated_pids:
        return
    directory = Path(settings.METRICS_DIRECTORY)
    directory.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        with NamedTemporaryFile(dir=directory) as file:
            os.posix_fallocate(file.fileno(), 0, PREALLOCATED_BYTES)
            # One that is there is an earlier process's with this id: its counts go on.
            with suppress(FileExistsError):
                os.link(file.name, directory / f"{kind}_{os.getpid()}.db")
    preallocated_pids.add(os.getpid())
