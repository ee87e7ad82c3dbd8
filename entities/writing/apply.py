"""Applies what events say to the entity tables, in the caller's transaction. The only writer of records.

Lock order, the same for every worker, so that no two wait for each other:

1. Missing rows are inserted, model by model in the order of `record_models`, by key.
2. Rows that are written are locked, in the same order of models, by id.
3. Only then is anything read, merged and written (upsert under row locks).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.cursors import fetch_rows
from entities.merge.derived_columns import derive_run_start
from entities.merge.registers import (
    Invalid,
    State,
    changed_registers,
    deleted_at,
    dump_state,
    extra_values,
    join_states,
    load_state,
    set_members,
    timeline_values,
    to_state,
)
from entities.models import Record
from entities.models.introspection import (
    model_name,
    record_models,
    record_models_by_name,
    scope_model_name,
)
from entities.reading.mapper import MappedEvent, RecordKey, Statement
from entities.writing.statements import INSERT_ENTRIES, READ_HISTORY, statements_for

SourceKey = tuple[int, RecordKey]
"""A record's key with the id of the source that it belongs to."""

Ids = dict[SourceKey, int]


@dataclass(frozen=True, slots=True)
class SourceStatement:
    """What one event of one source says about one record."""

    source_id: int
    event_id: int
    statement: Statement

    @property
    def key(self) -> SourceKey:
        return self.source_id, self.statement.key


def apply_mapped_events(mapped: Sequence[MappedEvent]) -> None:
    """Write what the events say. A database error leaves nothing of them written in this savepoint."""
    distinct = {event.event.id: event for event in mapped}.values()
    said = [
        SourceStatement(event.event.source_id, event.event.id, statement)
        for event in distinct
        for statement in event.statements
    ]
    ids = _find_or_insert(_named_keys(said))
    _merge(_join_by_record(said), ids)
    _write_timeline(said, ids)
    _write_derived_columns(said, ids)


def _named_keys(said: Iterable[SourceStatement]) -> set[SourceKey]:
    """Return the key of every record that is named: described, referred to, or scoping another."""
    keys: set[SourceKey] = set()
    for one in said:
        keys.add(one.key)
        if one.statement.key.scope:
            keys.add((one.source_id, _scope_key(one.statement.key)))
    return keys


def _scope_key(key: RecordKey) -> RecordKey:
    return RecordKey(scope_model_name(), "", key.scope)


def _find_or_insert(keys: set[SourceKey]) -> Ids:
    """Return the ids of all these records; those that are not there yet are inserted as placeholders."""
    ids: Ids = {}
    for model in record_models():
        wanted = sorted(key for key in keys if key[1].model == model_name(model))
        if not wanted:
            continue
        ids.update(_find(model, wanted, ids))
        missing = [key for key in wanted if key not in ids]
        if missing:
            fetch_rows(statements_for(model).insert, _key_rows(missing, ids))
            ids.update(_find(model, missing, ids))
    return ids


def _find(model: type[Record], keys: Sequence[SourceKey], ids: Ids) -> Ids:
    name = model_name(model)
    found = fetch_rows(statements_for(model).find, _key_rows(keys, ids))
    return {(source, RecordKey(name, scope, external_id)): id for id, source, scope, external_id in found}


def _key_rows(keys: Iterable[SourceKey], ids: Ids) -> str:
    return json.dumps(
        [
            {
                "source_id": source,
                "scope": key.scope,
                "external_id": key.external_id,
                "sub_account_id": ids.get((source, _scope_key(key))) if key.scope else None,
            }
            for source, key in keys
        ]
    )


def _join_by_record(said: Iterable[SourceStatement]) -> dict[SourceKey, State]:
    """Return what the batch as a whole says of each record that it writes to."""
    joined: dict[SourceKey, State] = {}
    for one in said:
        if one.statement.writes:
            state = to_state(one.statement.writes, one.statement.clock)
            joined[one.key] = join_states(joined.get(one.key, {}), state)
    return joined


def _merge(said: dict[SourceKey, State], ids: Ids) -> None:
    """Merge what was said into the rows, and write those that changed."""
    by_model: dict[str, dict[int, SourceKey]] = defaultdict(dict)
    for key in said:
        by_model[key[1].model][ids[key]] = key
    stored = {model: _lock_rows(model, by_model[model_name(model)]) for model in record_models()}
    for model, states in stored.items():
        keys = by_model[model_name(model)]
        rows = [
            {"id": id, "document": _project(model, joined, changed, keys[id], ids)}
            for id, state in states.items()
            if (changed := changed_registers(state, joined := join_states(state, said[keys[id]])))
        ]
        if rows:
            fetch_rows(statements_for(model).update, json.dumps(rows))


def _lock_rows(model: type[Record], wanted: Iterable[int]) -> dict[int, State]:
    """Lock these rows, by id; return each one's state."""
    ids = sorted(wanted)
    rows = fetch_rows(statements_for(model).lock, ids) if ids else []
    return {id: load_state(json.loads(registers)) for id, registers in rows}


def _project(
    model: type[Record], state: State, changed: set[str], key: SourceKey, ids: Ids
) -> dict[str, Any]:
    """Return what a row shows of a state, as a document of column -> JSON value.

    Of the plain columns only those that changed: the others are as they should be already, and a derived
    one does not depend on its register alone.
    """
    statements = statements_for(model)
    deletion = deleted_at(state)
    document: dict[str, Any] = {
        "registers": dump_state(state, statements.plain),
        "extra": extra_values(state),
        "is_placeholder": False,
        "deleted_at": deletion,
        "is_deleted": deletion is not None,
    }
    document.update({name: set_members(state, name) for name in statements.sets})
    for name in statements.plain & changed:
        value = state[name].value
        value = None if isinstance(value, Invalid) else value
        target = statements.references.get(name)
        if target is None:
            document[name] = value
        else:
            source, own = key
            document[f"{name}_id"] = value and ids[source, RecordKey(target, own.scope, value)]
    return document


def _write_timeline(said: Iterable[SourceStatement], ids: Ids) -> None:
    entries = [
        {
            "record_type": one.statement.key.model,
            "record_id": ids[one.key],
            "event_id": one.event_id,
            "clock": one.statement.clock,
            "wrote": timeline_values(one.statement.writes),
        }
        for one in said
    ]
    if entries:
        fetch_rows(INSERT_ENTRIES, json.dumps(entries))


def _write_derived_columns(said: Iterable[SourceStatement], ids: Ids) -> None:
    """Derive columns anew from the history of those records whose history has grown."""
    grown: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in said:
        name = one.statement.key.model
        for column, rule in record_models_by_name()[name].derived.items():
            if one.statement.writes.keys() & {column, rule.column}:
                grown[name, column].add(ids[one.key])
    for (name, column), record_ids in sorted(grown.items()):
        _derive_column(name, column, sorted(record_ids))


def _derive_column(name: str, column: str, record_ids: list[int]) -> None:
    model = record_models_by_name()[name]
    rule = model.derived[column]
    histories: dict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for id, clock, wrote in fetch_rows(READ_HISTORY, [column, rule.column], name, record_ids):
        histories[id].append((clock, json.loads(wrote)))
    values = [
        {"id": id, "value": derive_run_start(rule, column, history)} for id, history in histories.items()
    ]
    fetch_rows(statements_for(model).derive[column], json.dumps(values))
