"""Derives columns: from a record's history, and from the records that refer to it."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.feed.change_notes import ChangedRecord
from entities.merge.derived_columns import find_derived_origin
from entities.models import Record
from entities.models.introspection import model_name, record_models_by_name
from entities.writing.record_tables import READ_HISTORY, record_table
from entities.writing.source_statement import Ids, SourceStatement

Columns = dict[str, str | None]
"""Derived column -> its value in ISO 8601."""


def derive_columns(statements: Iterable[SourceStatement], ids: Ids) -> dict[str, dict[int, Columns]]:
    """Derive columns anew from the history of those records whose history has new entries.

    Returns model name -> id -> columns. Call it when the entries are written.
    """
    affected: dict[str, set[int]] = defaultdict(set)
    for statement in statements:
        name = statement.key[1].model
        if statement.writes.keys() & record_table(record_models_by_name()[name]).history:
            affected[name].add(ids[statement.key])
    return {
        name: _read_columns(record_models_by_name()[name], sorted(record_ids))
        for name, record_ids in sorted(affected.items())
    }


def write_derived_columns(model: type[Record], rows: Mapping[int, Columns]) -> list[ChangedRecord]:
    """Write derived columns, where they differ; return the records that changed. rows: id -> columns."""
    if not rows:
        return []
    values = dump_json([{"id": id} | row for id, row in rows.items()])
    return [ChangedRecord(*row) for row in fetch_rows(record_table(model).derive, values)]


def write_balances(wholes: Mapping[type[Record], Collection[int]]) -> list[ChangedRecord]:
    """Compute the balances of these records anew, from their own columns and from their parts.

    Returns the records of which one changed.

    wholes: model -> ids of its rows, which are locked. The statement has to come after those that locked and
    wrote: under READ COMMITTED it then sees every part that the former holder of a lock has written. So of
    two workers that write two parts of one whole, the later one counts both.
    """
    return [
        ChangedRecord(*row)
        for model, record_ids in wholes.items()
        for column, rule in model.balances.items()
        for row in fetch_rows(
            record_table(model).balances[column], sorted(rule.settled_statuses), sorted(record_ids)
        )
    ]


def _read_columns(model: type[Record], record_ids: list[int]) -> dict[int, Columns]:
    table = record_table(model)
    histories: dict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for id, clock, wrote in fetch_rows(READ_HISTORY, sorted(table.history), model_name(model), record_ids):
        histories[id].append((clock, json.loads(wrote)))
    return {id: _derive_row(model, history) for id, history in histories.items()}


def _derive_row(model: type[Record], history: list[tuple[str, dict[str, Any]]]) -> Columns:
    origins = {
        column: find_derived_origin(rule, column, history) for column, rule in model.derived_columns.items()
    }
    return {column: origin.value if origin else None for column, origin in origins.items()}
