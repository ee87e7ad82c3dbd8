"""Measures what one event costs: processor time by process, write-ahead log, transactions, bytes kept."""

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench import backlog, servers
from bench.applying.worker_memory import read_children
from bench.endpoint import delivery_rate
from bench.peak_memory import read_peak
from bench.scale.costs.table_sizes import TableSize, measure_tables
from bench.scale.meeting_events import (
    BATCH_EVENTS,
    SourcedBody,
    make_archive_batches,
    store_bodies,
    store_sources,
)
from bench.scale.processor_time import read_seconds, read_tree_seconds

DELIVERIES = 4000
WARM_UP = 500
# Each of them is applied alone.
SINGLE_EVENTS = 30
# The log is vacuumed after so many events, as autovacuum does of a log that is a hundred times as large: else
# it would grow by the rows of before their outcomes.
VACUUM_EVENTS = 2000
VACUUM = "VACUUM events_event"
# After so many times, all tables get new statistics, and what autovacuum does to them.
VACUUMS_PER_ANALYSIS = 10
WAL = """
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float, wal_fpi::float FROM pg_stat_wal
"""
TRANSACTIONS = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::float"
APPLIED_BODIES = "SELECT avg(octet_length(body))::float FROM events_event"


@dataclass(frozen=True)
class Cost:
    """The cost of an event, or of all of them.

    python: processor seconds of the web processes, or of the process that applies. sessions: of the
    connections at the database; background: of its other processes (autovacuum, checkpointer and so on).
    wal_bytes: of the write-ahead log; page_images: pages that are in it whole. transactions: ids used.
    """

    python: float = 0.0
    sessions: float = 0.0
    background: float = 0.0
    wal_bytes: float = 0.0
    page_images: float = 0.0
    transactions: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(one + another for one, another in zip(astuple(self), astuple(other), strict=True)))

    def divide(self, events: int) -> "Cost":
        """Return the cost of each of so many events."""
        return Cost(*(figure / events for figure in astuple(self)))

    def count_as_background(self) -> "Cost":
        """Return the cost of what autovacuum does while nobody has asked for it."""
        return replace(self, python=0.0, sessions=0.0, background=self.sessions + self.background)


@dataclass(frozen=True)
class FoldCost:
    """The cost of an event in a rebuild or verification, in processor seconds; the peak of memory in MiB."""

    processor: float
    peak_memory: float


@dataclass(frozen=True)
class EventCosts:
    """All that was measured of an event of an invented company.

    after_checkpoint: of a batch that was applied right after a checkpoint. alone: of single events, each
        right after a checkpoint: none finds a page that another one has changed since.
    """

    events: int
    body_bytes: float
    delivered: Cost
    applied: Cost
    after_checkpoint: Cost
    alone: Cost
    rebuilt: FoldCost
    verified: FoldCost
    tables: list[TableSize]

    @property
    def bytes_kept(self) -> float:
        return sum(table.bytes for table in self.tables) / self.events


@dataclass(frozen=True)
class _Meter:
    """Counters at one moment, of which two make a Cost."""

    python: float
    sessions: float
    database: float
    wal_bytes: float
    page_images: float
    transactions: float


def measure_costs(state: Path, events: int) -> EventCosts:
    """Measure on an empty mirror: first deliveries, then the given number of events that are applied."""
    from crmmirror.lib.database.cursors import execute, fetch_value
    from events.processing.drain import drain_backlog
    from events.rebuild.replacement import replace_mirror
    from events.rebuild.verification import compare_with_log

    backlog.empty_tables()
    delivered = _measure_deliveries(state)
    backlog.empty_tables()
    backlog.vacuum_analyze()
    empty = {table.name: table.bytes for table in measure_tables()}
    first, batches = make_archive_batches(events // BATCH_EVENTS)
    *applied_batches, last = [first, *batches]
    last, single = last[:-SINGLE_EVENTS], last[-SINGLE_EVENTS:]
    sources = store_sources(body for batch in (first, *batches) for body in batch)
    applied = _apply_in_parts(state, [body for batch in applied_batches for body in batch], sources)
    backlog.vacuum_analyze()
    tables = measure_tables()
    count = sum(map(len, applied_batches))
    store_bodies(last, sources)
    # Then each page that is touched is written whole into the write-ahead log once.
    execute("CHECKPOINT")
    after_checkpoint = _meter_cost(state, drain_backlog).divide(len(last))
    alone = _apply_alone(state, single, sources)
    backlog.vacuum_analyze()
    return EventCosts(
        events=count,
        body_bytes=float(fetch_value(APPLIED_BODIES)),
        delivered=delivered,
        applied=applied,
        after_checkpoint=after_checkpoint,
        alone=alone,
        rebuilt=_measure_fold(state, lambda: replace_mirror(lambda count: None), count),
        verified=_measure_fold(state, lambda: compare_with_log(lambda count: None, limit=0), count),
        tables=[table for table in tables if table.bytes > empty[table.name]],
    )


def _apply_in_parts(state: Path, bodies: list[SourcedBody], sources: dict[str, Any]) -> Cost:
    """Store, apply and vacuum the events by parts; return what applying and vacuuming cost each."""
    from crmmirror.lib.database.cursors import execute
    from events.processing.drain import drain_backlog

    total = Cost()
    for number, start in enumerate(range(0, len(bodies), VACUUM_EVENTS)):
        store_bodies(bodies[start : start + VACUUM_EVENTS], sources)
        if number % VACUUMS_PER_ANALYSIS == 0:
            backlog.vacuum_analyze()
        total += _meter_cost(state, drain_backlog)
        total += _meter_cost(state, lambda: execute(VACUUM)).count_as_background()
    return total.divide(len(bodies))


def _apply_alone(state: Path, bodies: list[SourcedBody], sources: dict[str, Any]) -> Cost:
    """Apply the events one by one, each right after a checkpoint; return what one costs."""
    from crmmirror.lib.database.cursors import execute
    from events.processing.drain import drain_backlog

    total = Cost()
    for body in bodies:
        store_bodies([body], sources)
        execute("CHECKPOINT")
        total += _meter_cost(state, drain_backlog)
    return total.divide(len(bodies))


def _measure_deliveries(state: Path) -> Cost:
    requests = _make_requests()
    before_start = set(read_children(os.getpid()))
    with (
        servers.run_web(state, "crmmirror.wsgi:application") as port,
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        web = set(read_children(os.getpid())) - before_start
        delivery_rate.post_in_process(pool, port, requests[:WARM_UP], "202")
        before = _read_meter(state, sum(map(read_tree_seconds, web)))
        delivery_rate.post_in_process(pool, port, requests[WARM_UP:], "202")
        after = _read_meter(state, sum(map(read_tree_seconds, web)))
    return _subtract(before, after).divide(DELIVERIES)


def _make_requests() -> list[bytes]:
    """Return signed deliveries of an invented company's events, as they stand on the wire."""
    from django.urls import reverse

    from entities.generator.company_events import generate_company
    from entities.vendors import get_vendor
    from events import signatures
    from events.sources.registry import create_source

    source, secret = create_source("bench-scale", "heffl", "standard-webhooks")
    path = reverse("webhooks:receive", args=[source.uuid])
    bodies = generate_company(get_vendor("heffl"), WARM_UP + DELIVERIES, 1, backlog.COMPANY_TIME)
    return [
        delivery_rate.format_request(path, body, signatures.sign(source, secret, body)) for body in bodies
    ]


def _meter_cost(state: Path, work: Callable[[], object]) -> Cost:
    """Return what this process and the database do meanwhile."""
    before = _read_meter(state, time.process_time())
    work()
    return _subtract(before, _read_meter(state, time.process_time()))


def _measure_fold(state: Path, fold: Callable[[], object], events: int) -> FoldCost:
    """Measure a rebuild or a verification, in a process of its own for the sake of its peak of memory."""
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report_fold, args=(_find_postmaster(state), fold, sender))
    process.start()
    sender.close()
    processor, peak = receiver.recv()
    process.join()
    return FoldCost(processor / events, peak)


def _report_fold(postmaster: int, fold: Callable[[], object], sender: Connection) -> None:
    """Run the fold, and send its processor seconds, with those of all of the database, and its peak."""
    before = time.process_time() + read_tree_seconds(postmaster)
    fold()
    after = time.process_time() + read_tree_seconds(postmaster)
    sender.send((after - before, read_peak(os.getpid())))


def _read_meter(state: Path, python: float) -> _Meter:
    from crmmirror.lib.database.cursors import execute, fetch_rows, fetch_value

    # What this session has written is in the statistics after that.
    execute("SELECT pg_stat_force_next_flush()")
    wal_bytes, page_images = fetch_rows(WAL)[0]
    return _Meter(
        python=python,
        sessions=sum(read_seconds(pid) for pid in _list_sessions()),
        database=read_tree_seconds(_find_postmaster(state)),
        wal_bytes=wal_bytes,
        page_images=page_images,
        transactions=fetch_value(TRANSACTIONS),
    )


def _find_postmaster(state: Path) -> int:
    return int((state / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def _list_sessions() -> list[int]:
    from crmmirror.lib.database.cursors import fetch_rows

    return [
        pid for (pid,) in fetch_rows("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
    ]


def _subtract(before: _Meter, after: _Meter) -> Cost:
    sessions = after.sessions - before.sessions
    return Cost(
        python=after.python - before.python,
        sessions=sessions,
        background=max(0.0, after.database - before.database - sessions),
        wal_bytes=after.wal_bytes - before.wal_bytes,
        page_images=after.page_images - before.page_images,
        transactions=after.transactions - before.transactions,
    )
