"""Finds the cells in which the live mirror and the shadow differ."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows, fetch_value
from entities.merge.registers import stored_clocks
from entities.models import Record
from entities.models.derived_tables import DERIVED_TABLES, DerivedTable
from entities.models.introspection import model_name, record_models
from entities.shadow.compared_rows import WHOLE_MIRROR, ComparedRows
from entities.shadow.shadow_tables import (
    IS_OTHER_NAME,
    KEYED_TABLES,
    SEARCH,
    TIMELINE,
    different_columns,
    equal_columns,
    live_table,
)
from entities.writing.record_tables import compared_columns
from entities.writing.write_names import NAME_KEY, NAME_TABLE

Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One cell that differs.

    record_type, source_id, scope, external_id: the record's key; of a row of a derived table, what a row is
        called, and its key; of a name, its kind and its id.
    field: the column; `record` if one side has no such record at all; `timeline` if what an event wrote
        differs; `search keys` if the record is found by others.
    live, rebuilt: the JSON values of the two sides.
    clock: of the newest write to the field on either side, or of the timeline's entry; empty if there is
        none.
    """

    record_type: str
    source_id: int
    scope: str
    external_id: str
    field: str
    live: Any
    rebuilt: Any
    clock: str


def find_differences(limit: int, compared: ComparedRows = WHOLE_MIRROR) -> Iterator[Difference]:
    """Yield the differing cells of up to `limit` records of each model, by model and key.

    Then yield those of up to `limit` rows of each derived table, by key; then up to `limit` differing
    timeline entries of each model, by clock, and as many search documents; then as many differing names.
    """
    for model in record_models():
        for live, rebuilt in _differing_rows(model, limit, compared):
            yield from _differing_cells(model, live, rebuilt)
    for table in DERIVED_TABLES:
        yield from _differing_derived_cells(table, limit, compared)
    for model in record_models():
        yield from _differing_entries(model, limit, compared)
        yield from _differing_documents(model, limit, compared)
    yield from _differing_names(limit, compared)


def count_differing_rows(compared: ComparedRows = WHOLE_MIRROR) -> int:
    """Return how many rows differ: of records and what belongs to them, of derived tables and of names."""
    records = sum(
        _count_differing(model._meta.db_table, ("id",), compared_columns(model), compared)
        for model in record_models()
    )
    others = sum(_count_differing(table.name, table.key, table.values, compared) for table in KEYED_TABLES)
    return records + others + int(fetch_value(f"SELECT count(*) FROM {_lacking_names(compared)}"))


def _count_differing(name: str, key: tuple[str, ...], values: tuple[str, ...], compared: ComparedRows) -> int:
    condition = different_columns((*key, *values))
    return int(fetch_value(f"SELECT count(*) FROM {_both_sides(name, key, compared)} WHERE {condition}"))


def _differing_rows(
    model: type[Record], limit: int, compared: ComparedRows
) -> Iterator[tuple[Row | None, Row | None]]:
    rows = fetch_rows(
        f"SELECT to_jsonb(live), to_jsonb(shadow) FROM {_both_sides(model._meta.db_table, ('id',), compared)}"
        f" WHERE {different_columns(('id', *compared_columns(model)))}"
        " ORDER BY coalesce(live.external_id, shadow.external_id), coalesce(live.id, shadow.id) LIMIT %s",
        limit,
    )
    return ((_parse(live), _parse(rebuilt)) for live, rebuilt in rows)


def _differing_cells(model: type[Record], live: Row | None, rebuilt: Row | None) -> Iterator[Difference]:
    row = rebuilt or live or {}
    key = (model_name(model), row["source_id"], row["scope"], row["external_id"])
    if live is None or rebuilt is None:
        presence = ["absent" if side is None else "present" for side in (live, rebuilt)]
        newest = max(stored_clocks(row["registers"]).values(), default="")
        yield Difference(*key, "record", presence[0], presence[1], newest)
        return
    fields = {field.column: field.name for field in model._meta.concrete_fields}
    for column in compared_columns(model):
        if live[column] != rebuilt[column]:
            clocks = (stored_clocks(side["registers"]).get(fields[column], "") for side in (live, rebuilt))
            yield Difference(*key, fields[column], live[column], rebuilt[column], max(clocks))


def _differing_derived_cells(table: DerivedTable, limit: int, compared: ComparedRows) -> Iterator[Difference]:
    """Yield the differing cells of a derived table. No single event is the origin of any."""
    places = ", ".join(f'coalesce(live."{column}", shadow."{column}")' for column in table.key)
    rows = fetch_rows(
        f"SELECT {places}, to_jsonb(live), to_jsonb(shadow)"
        f" FROM {_both_sides(table.name, table.key, compared)}"
        f" WHERE {different_columns((*table.key, *table.values))} ORDER BY {places} LIMIT %s",
        limit,
    )
    for source_id, scope, *rest, live, rebuilt in rows:
        key = (table.label, source_id, scope, "/".join(map(str, rest)))
        sides = _parse(live), _parse(rebuilt)
        if None in sides:
            presence = ["absent" if side is None else "present" for side in sides]
            yield Difference(*key, "record", presence[0], presence[1], "")
            continue
        for column in table.values:
            if sides[0][column] != sides[1][column]:
                yield Difference(*key, column, sides[0][column], sides[1][column], "")


def _differing_entries(model: type[Record], limit: int, compared: ComparedRows) -> Iterator[Difference]:
    rows = fetch_rows(
        "SELECT record.source_id, record.scope, record.external_id, live.wrote, shadow.wrote,"
        " coalesce(live.clock, shadow.clock) AS entry_clock"
        f" FROM {_both_sides(TIMELINE.name, TIMELINE.key, compared)}"
        f" JOIN ({_union_of_records(model, compared)}) AS record"
        " ON record.id = coalesce(live.record_id, shadow.record_id)"
        f" WHERE {different_columns((*TIMELINE.key, *TIMELINE.values))}"
        " AND coalesce(live.record_type, shadow.record_type) = %s ORDER BY entry_clock, record.id LIMIT %s",
        model_name(model),
        limit,
    )
    for source_id, scope, external_id, live, rebuilt, clock in rows:
        key = (model_name(model), source_id, scope, external_id)
        yield Difference(*key, "timeline", _parse(live), _parse(rebuilt), clock)


def _lacking_names(compared: ComparedRows) -> str:
    """Return the rows of names that the live table lacks or has otherwise."""
    same = equal_columns("live", "shadow", NAME_KEY)
    other = IS_OTHER_NAME.format(excluded="shadow", held="live")
    return (
        f'{live_table(NAME_TABLE)} live RIGHT JOIN pg_temp."{NAME_TABLE}" shadow ON {same}'
        f" WHERE (live.ref IS NULL OR {other}) AND {compared.name_condition}"
    )


def _differing_names(limit: int, compared: ComparedRows) -> Iterator[Difference]:
    rows = fetch_rows(
        "SELECT shadow.kind, shadow.source_id, shadow.scope, shadow.ref, live.vendor_name,"
        " shadow.vendor_name, greatest(live.vendor_clock, shadow.vendor_clock)"
        f" FROM {_lacking_names(compared)}"
        " ORDER BY shadow.kind, shadow.source_id, shadow.scope, shadow.ref LIMIT %s",
        limit,
    )
    for kind, source_id, scope, ref, live, rebuilt, clock in rows:
        yield Difference(f"name of {kind}", source_id, scope, ref, "vendor_name", live, rebuilt, clock)


def _differing_documents(model: type[Record], limit: int, compared: ComparedRows) -> Iterator[Difference]:
    rows = fetch_rows(
        "SELECT record.source_id, record.scope, record.external_id, live.keys::text, shadow.keys::text"
        f" FROM {_both_sides(SEARCH.name, SEARCH.key, compared)}"
        f" JOIN ({_union_of_records(model, compared)}) AS record"
        " ON record.id = coalesce(live.record_id, shadow.record_id)"
        f" WHERE {different_columns((*SEARCH.key, *SEARCH.values))}"
        " AND coalesce(live.record_type, shadow.record_type) = %s ORDER BY record.id LIMIT %s",
        model_name(model),
        limit,
    )
    for source_id, scope, external_id, live, rebuilt in rows:
        yield Difference(model_name(model), source_id, scope, external_id, "search keys", live, rebuilt, "")


def _union_of_records(model: type[Record], compared: ComparedRows) -> str:
    """Return the SQL statement that reads the keys of the records of both sides."""
    keys = "id, source_id, scope, external_id"
    live, shadow = _sides(model._meta.db_table, compared)
    return f"SELECT {keys} FROM {live} live UNION SELECT {keys} FROM {shadow} shadow"


def _parse(side: str | None) -> Any:
    """Parse the JSON of one side; None if that side has no such row."""
    return None if side is None else json.loads(side)


def _both_sides(name: str, key: tuple[str, ...], compared: ComparedRows) -> str:
    live, shadow = _sides(name, compared)
    return f"{live} live FULL JOIN {shadow} shadow ON {equal_columns('live', 'shadow', key)}"


def _sides(name: str, compared: ComparedRows) -> tuple[str, str]:
    """Return what of the live table and of the shadow's is compared, as SQL."""
    return compared.select(name, live_table(name)), compared.select(name, f'pg_temp."{name}"')
