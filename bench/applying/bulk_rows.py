"""Measures how many events one worker applies per second, compared with bulk statements that write its rows.

The bulk statements know the rows beforehand: they neither read events nor what is stored, and merge nothing.
"""

import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import Model

from bench import backlog
from bench.report import Result

EVENTS = 10_000
BULK, WORKER = "bulk statements alone", "the mirror, one worker"
# The columns of an event that a worker writes.
OUTCOME_COLUMNS = (
    *("status", "warnings", "error", "event_type", "occurred_at", "scope", "attempts", "settled_at"),
)
KEEP_PENDING = "CREATE TABLE bench_pending AS TABLE events_event"
RESTORE_PENDING = "INSERT INTO events_event OVERRIDING SYSTEM VALUE TABLE bench_pending"
UPDATE_EVENTS = f"""
    UPDATE events_event event SET {", ".join(f"{name} = new.{name}" for name in OUTCOME_COLUMNS)}
    FROM json_populate_recordset(NULL::events_event, %s::json) new WHERE event.id = new.id
"""
Row = dict[str, Any]
# Table -> the rows of it that one transaction writes.
Batch = dict[str, list[Row]]


def measure(rounds: int) -> Result:
    """Measure a worker, and then the bulk statements that write the same rows, in each round."""
    figures: dict[str, list[float]] = {WORKER: [], BULK: []}
    for _ in range(rounds):
        for side, rate in zip(figures, measure_rates(), strict=True):
            figures[side].append(rate)
    return Result(
        "Applied events, against bulk statements",
        f"{EVENTS:,} events of an invented company, applied to an empty mirror by one process. Compared with"
        " multi-row statements that write the rows that were there at the end into tables that were emptied:"
        " records and placeholders, timeline, search documents, changes, names, words and conversations, and"
        " the outcomes of the events; each row once, with the same indexes and constraints, in as many"
        " transactions as a worker has batches, one statement a table. Python writes each batch as the JSON"
        " that the statement reads, as a worker does. Nothing is read, looked up or merged.",
        "per second",
        figures,
        target=0.4,
    )


def measure_rates() -> tuple[float, float]:
    """Return how many events per second a worker applied, and the bulk statements wrote.

    Raises RuntimeError if they did not write the same rows.
    """
    from crmmirror.lib.database.cursors import execute
    from events.processing.drain import drain_backlog

    backlog.empty_tables()
    backlog.store_company_events(EVENTS)
    execute(KEEP_PENDING)
    try:
        backlog.vacuum_analyze()
        started_at = time.perf_counter()
        drain_backlog()
        worker_rate = EVENTS / (time.perf_counter() - started_at)
        rows, outcomes = read_written_rows()
        execute(f"TRUNCATE {', '.join(rows)}, events_event CASCADE")
        execute(RESTORE_PENDING)
    finally:
        execute("DROP TABLE bench_pending")
    batches = make_batches(rows, outcomes)
    backlog.vacuum_analyze()
    started_at = time.perf_counter()
    for batch in batches:
        write_batch(batch)
    bulk_rate = EVENTS / (time.perf_counter() - started_at)
    require_same_rows(rows, outcomes)
    return worker_rate, bulk_rate


def read_written_rows() -> tuple[Batch, list[Row]]:
    """Return all rows of the tables that a worker inserts into, and what it wrote on the events."""
    from crmmirror.lib.database.cursors import fetch_rows

    rows = {
        table: [row for (row,) in fetch_rows(f"SELECT to_json(t) FROM {table} t ORDER BY {order}")]
        for table, order in _list_tables().items()
    }
    columns = ", ".join(("id", *OUTCOME_COLUMNS))
    outcomes = fetch_rows(f"SELECT to_json(t) FROM (SELECT {columns} FROM events_event ORDER BY id) t")
    return rows, [row for (row,) in outcomes]


def _list_tables() -> dict[str, str]:
    """Return table -> its primary key, of all tables that a worker inserts into."""
    return {model._meta.db_table: str(model._meta.pk.column) for model in _list_models() if model._meta.pk}


def _list_models() -> list[type[Model]]:
    from entities.models import Change, Name, SearchDocument, TimelineEntry
    from entities.models.derived_tables import DERIVED_TABLES
    from entities.models.introspection import record_models

    derived = [table.model for table in DERIVED_TABLES]
    return [*record_models(), TimelineEntry, SearchDocument, Change, Name, *derived]


def make_batches(rows: Batch, outcomes: Sequence[Row]) -> list[tuple[Batch, list[Row]]]:
    """Divide the rows of each table evenly into as many batches as a worker claims of these events.

    A row goes into an earlier batch if one that refers to it is there, because references are checked when a
    transaction ends.
    """
    from events.processing.claim import MAX_BATCH_EVENTS

    count = -(-len(outcomes) // MAX_BATCH_EVENTS)
    places = _place_referenced_rows(
        {
            table: {row[_list_tables()[table]]: _spread(i, len(part), count) for i, row in enumerate(part)}
            for table, part in rows.items()
        },
        rows,
    )
    batches: list[tuple[Batch, list[Row]]] = [({table: [] for table in rows}, []) for _ in range(count)]
    for table, key in _list_tables().items():
        for row in rows[table]:
            batches[places[table][row[key]]][0][table].append(row)
    for place, row in enumerate(outcomes):
        batches[_spread(place, len(outcomes), count)][1].append(row)
    return batches


def _spread(place: int, length: int, count: int) -> int:
    return place * count // length


def _place_referenced_rows(places: dict[str, dict[int, int]], rows: Batch) -> dict[str, dict[int, int]]:
    """Return table -> key -> batch, so that no row is in an earlier batch than one that it refers to."""
    references = [
        (model._meta.db_table, str(field.column), str(field.related_model._meta.db_table))
        for model in _list_models()
        for field in model._meta.concrete_fields
        if isinstance(field.related_model, type) and field.related_model._meta.db_table in places
    ]
    is_changed = True
    while is_changed:
        is_changed = False
        for table, column, other in references:
            for row in rows[table]:
                key = row[column]
                place = places[table][row[_list_tables()[table]]]
                if key is not None and places[other][key] > place:
                    places[other][key] = place
                    is_changed = True
    return places


def write_batch(batch: tuple[Batch, list[Row]]) -> None:
    """Write the rows of a batch in one transaction."""
    from django.db import transaction

    from crmmirror.lib.database.cursors import execute
    from crmmirror.lib.json_text import dump_json

    rows, outcomes = batch
    with transaction.atomic():
        for table, part in rows.items():
            if part:
                execute(_insert_statement(table), dump_json(part))
        execute(UPDATE_EVENTS, dump_json(outcomes))


@cache
def _insert_statement(table: str) -> str:
    models = {model._meta.db_table: model for model in _list_models()}
    fields = models[table]._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields if not field.generated)
    return (
        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json)"
    )


def require_same_rows(rows: Batch, outcomes: list[Row]) -> None:
    """Raise RuntimeError unless the tables have these rows."""
    written, written_outcomes = read_written_rows()
    different = [table for table in rows if written[table] != rows[table]]
    different += ["events_event"] * (written_outcomes != outcomes)
    if different:
        raise RuntimeError(f"the bulk statements wrote other rows into {', '.join(different)}")
