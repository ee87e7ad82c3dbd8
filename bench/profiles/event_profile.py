"""The processor time of an applied event by room, and the time of the database by statement."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import backlog
from bench.profiles.process_kinds import read_processor_times
from bench.profiles.python_rooms import format_shares, measure_shares
from bench.report import Table

EVENTS = 10_000
MICROSECONDS = 1_000_000 / EVENTS
SHOWN_STATEMENTS = 16
# The table that a statement reads or writes first.
TABLE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN) "?((?:events|entities)_\w+)"?')


def measure() -> list[Table]:
    """Measure a worker that applies a backlog: with the profiler, without it, and by statement."""
    from events.processing.claim import MAX_BATCH_EVENTS
    from events.processing.drain import drain_backlog

    _store_backlog()
    shares = measure_shares(drain_backlog)
    _store_backlog()
    before, began = read_processor_times({"database": "postgres"})["database"], time.process_time()
    drain_backlog()
    python = time.process_time() - began
    database = read_processor_times({"database": "postgres"})["database"] - before
    _store_backlog()
    with _time_statements() as times:
        drain_backlog()
    return [
        Table(
            "An event, by room",
            f"The processor time of a worker and of the database, in µs: {EVENTS:,} events of an invented"
            f" company, applied to an empty mirror in batches of {MAX_BATCH_EVENTS:,}.",
            ("room", "µs", "share of Python's"),
            [
                ("the database", f"{(database.user + database.system) * MICROSECONDS:,.0f}", ""),
                *format_shares(shares, python * MICROSECONDS),
            ],
        ),
        Table(
            "An event, by statement",
            "How long the worker waited for each statement, in µs an event.",
            ("statement", "µs", "statements a batch"),
            _list_statements(times),
        ),
    ]


def _store_backlog() -> None:
    backlog.empty_tables()
    backlog.store_company_events(EVENTS)
    backlog.vacuum_analyze()


def _list_statements(times: dict[str, list[float]]) -> list[tuple[str, ...]]:
    from events.processing.claim import MAX_BATCH_EVENTS

    batches = EVENTS / MAX_BATCH_EVENTS
    spent = Counter({name: sum(seconds) for name, seconds in times.items()})
    shown = spent.most_common(SHOWN_STATEMENTS)
    rest = set(times) - {name for name, _ in shown}
    rows = [(name, seconds, len(times[name])) for name, seconds in shown]
    rows.append(("all others", sum(spent[name] for name in rest), sum(len(times[name]) for name in rest)))
    total = ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))
    return [
        (name, f"{seconds * MICROSECONDS:,.1f}", f"{count / batches:,.1f}")
        for name, seconds, count in (total, *rows)
    ]


@contextmanager
def _time_statements() -> Iterator[dict[str, list[float]]]:
    """Collect the seconds of each statement of this process, by its name."""
    from django.db import connection

    times: dict[str, list[float]] = {}

    def time_statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            times.setdefault(_name_statement(sql), []).append(time.perf_counter() - began)

    with connection.execute_wrapper(time_statement):
        yield times


def _name_statement(sql: str) -> str:
    words = sql.split(None, 1)
    table = TABLE.search(sql)
    locks = " and lock" if "FOR NO KEY UPDATE" in sql or "FOR UPDATE" in sql else ""
    return f"{words[0]}{locks} `{table[1]}`" if table else words[0]
