"""The only writer of the entity tables: folds what events say into rows, in the caller's transaction.

Order of work, the same for every worker, so that no two can wait for each other: all missing rows
are inserted (model by model in `schema.records` order, by key), then all rows that are written are
locked (in the same order of models, by id); only then is anything read, merged and written.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from entities import registers
from entities.derived import read_off
from entities.mapping import Mapped, RecordKey, Statement
from entities.models import Record
from entities.registers import Invalid, State, stamped
from entities.schema import by_name, model_name, records, scope_name
from entities.tables import INSERT_ENTRIES, READ_HISTORY, table

SourceKey = tuple[int, RecordKey]
"""A record's key with the id of the source that it belongs to."""

Ids = dict[SourceKey, int]


def apply(mapped: Sequence[Mapped]) -> None:
    """Writes what the events say. Any database error leaves nothing written in this savepoint."""
    once = {read.event.id: read for read in mapped}.values()
    told = [(read.event.source_id, read.event.id, said) for read in once for said in read.statements]
    ids = _ensure(_keys((source, said) for source, _, said in told))
    _merge(_gather((source, said) for source, _, said in told), ids)
    _write_entries(told, ids)
    _write_derived(((source, said) for source, _, said in told), ids)


def _keys(told: Iterable[tuple[int, Statement]]) -> set[SourceKey]:
    """Every record that is named: told of, referred to, or scoping another."""
    keys: set[SourceKey] = set()
    for source, said in told:
        keys.add((source, said.key))
        if said.key.scope:
            keys.add((source, _scope_key(said.key)))
    return keys


def _scope_key(key: RecordKey) -> RecordKey:
    return RecordKey(scope_name(), "", key.scope)


def _ensure(keys: set[SourceKey]) -> Ids:
    """The ids of all these records; those that are not there yet become placeholders."""
    ids: Ids = {}
    for model in records():
        wanted = sorted(key for key in keys if key[1].model == model_name(model))
        if not wanted:
            continue
        ids.update(_find(model, wanted, ids))
        missing = [key for key in wanted if key not in ids]
        if missing:
            _run(table(model).insert, _rows(missing, ids))
            ids.update(_find(model, missing, ids))
    return ids


def _find(model: type[Record], keys: Sequence[SourceKey], ids: Ids) -> Ids:
    name = model_name(model)
    found = _run(table(model).find, _rows(keys, ids))
    return {(source, RecordKey(name, scope, external_id)): id for id, source, scope, external_id in found}


def _rows(keys: Iterable[SourceKey], ids: Ids) -> str:
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


def _gather(told: Iterable[tuple[int, Statement]]) -> dict[SourceKey, State]:
    """What the batch as a whole says of each record that it writes to."""
    gathered: dict[SourceKey, State] = {}
    for source, said in told:
        if said.writes:
            key = (source, said.key)
            gathered[key] = registers.join(gathered.get(key, {}), stamped(said.writes, said.clock))
    return gathered


def _merge(gathered: dict[SourceKey, State], ids: Ids) -> None:
    by_model: dict[str, dict[int, SourceKey]] = defaultdict(dict)
    for key in gathered:
        by_model[key[1].model][ids[key]] = key
    held = {model: _lock(model, by_model[model_name(model)]) for model in records()}
    for model, states in held.items():
        keys = by_model[model_name(model)]
        laid = [
            {"id": id, "laid": _project(model, joined, changed, keys[id], ids)}
            for id, state in states.items()
            if (changed := registers.won(state, joined := registers.join(state, gathered[keys[id]])))
        ]
        if laid:
            _run(table(model).update, json.dumps(laid))


def _lock(model: type[Record], wanted: Iterable[int]) -> dict[int, State]:
    ids = sorted(wanted)
    rows = _run(table(model).lock, ids) if ids else []
    return {id: registers.load(json.loads(held)) for id, held in rows}


def _project(
    model: type[Record], state: State, changed: set[str], key: SourceKey, ids: Ids
) -> dict[str, Any]:
    """What a row shows of a state, as a document of column -> JSON value; of its plain columns those
    that have changed: the others are as they should be, and a derived one is not the register's alone.
    """
    columns = table(model)
    document: dict[str, Any] = {
        "registers": registers.dump(state, columns.plain),
        "extra": registers.extra_of(state),
        "is_placeholder": False,
        "deleted_at": (deleted_at := registers.deleted_at(state)),
        "is_deleted": deleted_at is not None,
    }
    document.update({name: registers.labels(state, name) for name in columns.sets})
    for name in columns.plain & changed:
        value = state[name].value
        value = None if isinstance(value, Invalid) else value
        target = columns.references.get(name)
        if target is None:
            document[name] = value
        else:
            source, own = key
            document[f"{name}_id"] = value and ids[source, RecordKey(target, own.scope, value)]
    return document


def _write_entries(told: Iterable[tuple[int, int, Statement]], ids: Ids) -> None:
    entries = [
        {
            "record_type": said.key.model,
            "record_id": ids[source, said.key],
            "event_id": event_id,
            "clock": said.clock,
            "wrote": registers.shown(said.writes),
        }
        for source, event_id, said in told
    ]
    if entries:
        _run(INSERT_ENTRIES, json.dumps(entries))


def _write_derived(told: Iterable[tuple[int, Statement]], ids: Ids) -> None:
    """Reads derived columns anew off the history of the records whose history has grown."""
    grown: dict[tuple[str, str], set[int]] = defaultdict(set)
    for source, said in told:
        for column, rule in by_name()[said.key.model].derived.items():
            if said.writes.keys() & {column, rule.of}:
                grown[said.key.model, column].add(ids[source, said.key])
    for (name, column), found in sorted(grown.items()):
        model = by_name()[name]
        histories: dict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for id, clock, wrote in _run(READ_HISTORY, [column, model.derived[column].of], name, sorted(found)):
            histories[id].append((clock, json.loads(wrote)))
        values = [
            {"id": id, "value": read_off(model.derived[column], column, history)}
            for id, history in histories.items()
        ]
        _run(table(model).derive[column], json.dumps(values))


def _run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
