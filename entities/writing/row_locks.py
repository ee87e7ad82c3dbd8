"""Locks the rows that a batch writes, in an order that all workers share, and reads what the merge needs."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows
from entities.merge.registers import Invalid, State, load_state
from entities.models import Record
from entities.models.introspection import lock_order, model_name
from entities.writing.conversations import Membership
from entities.writing.record_tables import STATE_COLUMNS, record_table
from entities.writing.source_statement import Ids, SourceKey, find_referred_id

Wholes = dict[type[Record], set[int]]
"""Model -> the ids of the rows whose balance may change."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """The part of a row that is needed to write it.

    first_event_at: ISO 8601; None without an event of its own.
    membership: what the row contributes to its conversation.
    searched: searched column -> its value.
    """

    state: State
    first_event_at: str | None
    membership: Membership
    searched: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class LockedRows:
    """The rows that a transaction holds. rows: those that the batch writes; wholes: see `Wholes`."""

    rows: dict[type[Record], dict[SourceKey, StoredRow]]
    wholes: Wholes


def lock_rows(batch: Mapping[SourceKey, State], ids: Ids) -> LockedRows:
    """Lock the rows of the batch's records, and the wholes of which they are, were or will be parts.

    Two workers that write two parts of one whole wait for each other here, before anything is written. A part
    is locked before its whole, so that its row says for certain which whole it was a part of before.
    """
    by_model: dict[str, dict[int, SourceKey]] = defaultdict(dict)
    for key in batch:
        by_model[key[1].model][ids[key]] = key
    locked = LockedRows({}, {})
    for model in lock_order():
        written = by_model[model_name(model)]
        wanted = written.keys() | locked.wholes.get(model, set())
        if not wanted:
            continue
        if model.balances:
            locked.wholes[model] = set(wanted)
        rows = fetch_rows(record_table(model).lock, sorted(wanted))
        locked.rows[model] = {written[row[0]]: _load_row(model, row) for row in rows if row[0] in written}
        for whole, id in _find_wholes(model, rows, {key: batch[key] for key in written.values()}, ids):
            locked.wholes.setdefault(whole, set()).add(id)
    return locked


def _load_row(model: type[Record], row: tuple[Any, ...]) -> StoredRow:
    _, registers, first_event_at, *others = row
    membership, *searched = others[len(record_table(model).wholes) :]
    return StoredRow(
        load_state(json.loads(registers)),
        first_event_at,
        membership,
        dict(zip(model.searched_columns, searched, strict=True)),
    )


def _find_wholes(
    model: type[Record], rows: Sequence[tuple[Any, ...]], states: Mapping[SourceKey, State], ids: Ids
) -> Iterator[tuple[type[Record], int]]:
    """Yield the wholes of these parts: those that their rows name, and those that the batch names."""
    for place, (column, whole) in enumerate(record_table(model).wholes.items(), start=len(STATE_COLUMNS)):
        yield from ((whole, row[place]) for row in rows if row[place] is not None)
        for key, state in states.items():
            value = state[column].value if column in state else None
            if value is not None and not isinstance(value, Invalid):
                yield whole, find_referred_id(key, model_name(whole), value, ids)
