"""Locks the rows that a batch writes, and reads what is needed to write them."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.utc import format_utc
from entities.merge.registers import State, load_state
from entities.models import Record
from entities.models.introspection import model_name, record_models
from entities.writing.conversations import Membership
from entities.writing.record_tables import record_table
from entities.writing.source_statement import Ids, SourceKey


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


LockedRows = dict[type[Record], dict[int, StoredRow]]
"""Model -> id -> row, for the rows of a batch, which are locked."""


def lock_rows_of(keys: Iterable[SourceKey], ids: Ids) -> LockedRows:
    """Lock the rows of these records, model by model and by id: all of them before the first is written."""
    by_model: dict[str, list[int]] = defaultdict(list)
    for key in keys:
        by_model[key[1].model].append(ids[key])
    return {model: _lock_rows(model, sorted(by_model[model_name(model)])) for model in record_models()}


def _lock_rows(model: type[Record], ids: list[int]) -> dict[int, StoredRow]:
    """Lock these rows, in this order; return what is needed to write them."""
    rows = fetch_rows(record_table(model).lock, ids) if ids else []
    return {
        id: StoredRow(
            load_state(json.loads(registers)),
            first and format_utc(first),
            membership,
            dict(zip(model.searched_columns, searched, strict=True)),
        )
        for id, registers, first, membership, *searched in rows
    }
