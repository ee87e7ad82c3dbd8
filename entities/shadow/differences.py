"""The cells in which the live mirror and the shadow differ."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from entities.merge.registers import stored_clocks
from entities.models import Record
from entities.models.introspection import model_name, record_models
from entities.shadow.shadow_tables import (
    ENTRY_KEY,
    ENTRY_VALUES,
    different_columns,
    equal_columns,
    live_table,
)
from entities.writing.statements import TIMELINE_TABLE, compared_columns


@dataclass(frozen=True)
class Difference:
    """One cell that differs.

    record_type, source_id, scope, external_id: the record's key.
    field: the column; `record` where one side has no such record at all; `timeline` where what an
        event wrote differs.
    live, rebuilt: the JSON values of the two sides.
    clock: of the newest write to the field on the side that has one, or of the timeline's entry; empty
        where there is none.
    """

    record_type: str
    source_id: int
    scope: str
    external_id: str
    field: str
    live: Any
    rebuilt: Any
    clock: str


def find_differences(limit: int) -> Iterator[Difference]:
    """Differing cells of at most `limit` records of each model, by model and key; then as many entries
    of their timelines, by clock.
    """
    for model in record_models():
        for held, rebuilt in _rows(model, limit):
            yield from _cells(model, held, rebuilt)
    for model in record_models():
        yield from _entries(model, limit)


def count_differing_rows() -> int:
    """How many rows differ, of records and of their timelines."""
    rows = sum(_count(model._meta.db_table, ("id",), compared_columns(model)) for model in record_models())
    return rows + _count(TIMELINE_TABLE, ENTRY_KEY, ENTRY_VALUES)


def _rows(model: type[Record], limit: int) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    name = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(live), to_jsonb(shadow) FROM {_joined(name, ('id',))}"
            f" WHERE {different_columns(('id', *compared_columns(model)))}"
            " ORDER BY coalesce(live.external_id, shadow.external_id), coalesce(live.id, shadow.id) LIMIT %s",
            [limit],
        )
        for sides in cursor.fetchall():
            held, rebuilt = (side and json.loads(side) for side in sides)
            yield held, rebuilt


def _cells(
    model: type[Record], held: dict[str, Any] | None, rebuilt: dict[str, Any] | None
) -> Iterator[Difference]:
    row = rebuilt or held or {}
    key = (model_name(model), row["source_id"], row["scope"], row["external_id"])
    if held is None or rebuilt is None:
        presence = ["absent" if side is None else "present" for side in (held, rebuilt)]
        newest = max(stored_clocks(row["registers"]).values(), default="")
        yield Difference(*key, "record", presence[0], presence[1], newest)
        return
    fields = {field.column: field.name for field in model._meta.concrete_fields}
    for column in compared_columns(model):
        if held[column] != rebuilt[column]:
            clocks = (stored_clocks(side["registers"]).get(fields[column], "") for side in (held, rebuilt))
            yield Difference(*key, fields[column], held[column], rebuilt[column], max(clocks))


def _entries(model: type[Record], limit: int) -> Iterator[Difference]:
    name, keys = model._meta.db_table, "id, source_id, scope, external_id"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record.source_id, record.scope, record.external_id, live.wrote, shadow.wrote,"
            f" coalesce(live.clock, shadow.clock) AS told FROM {_joined(TIMELINE_TABLE, ENTRY_KEY)}"
            f' JOIN (SELECT {keys} FROM {live_table(name)} UNION SELECT {keys} FROM pg_temp."{name}") AS record'
            " ON record.id = coalesce(live.record_id, shadow.record_id)"
            f" WHERE {different_columns((*ENTRY_KEY, *ENTRY_VALUES))}"
            " AND coalesce(live.record_type, shadow.record_type) = %s ORDER BY told, record.id LIMIT %s",
            [model_name(model), limit],
        )
        for source_id, scope, external_id, *sides, clock in cursor.fetchall():
            held, rebuilt = (side and json.loads(side) for side in sides)
            yield Difference(
                model_name(model), source_id, scope, external_id, "timeline", held, rebuilt, clock
            )


def _count(name: str, key: tuple[str, ...], values: tuple[str, ...]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {_joined(name, key)} WHERE {different_columns((*key, *values))}"
        )
        return int(cursor.fetchone()[0])


def _joined(name: str, key: tuple[str, ...]) -> str:
    return (
        f'{live_table(name)} live FULL JOIN pg_temp."{name}" shadow ON {equal_columns("live", "shadow", key)}'
    )
