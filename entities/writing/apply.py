"""Applies mapped events to the entity tables, in the caller's transaction. The only writer of records.

An upsert under row locks. All workers lock in the same order, so that they do not deadlock:

1. Insert the missing rows as placeholders, model by model in the order of `record_models`, by key.
2. Lock the rows to be written, model by model in the order of `lock_order`, by id.
3. Only then read, merge and write.
4. Lock the conversations in which something changed, by key, and derive them anew.
5. Write the names that the events give to ids, and then the words that they say, by key.
6. Last, note which records changed, for the change feed. That waits for nobody.

Applying an event again is idempotent: the merge ignores writes that a row already has, and the event's entry
in the timeline is replaced.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.database.cursors import execute
from crmmirror.lib.json_text import dump_json
from entities.feed.change_notes import ChangedRecord, note_changes
from entities.merge import extra_bounds
from entities.merge.clock import clock_time
from entities.merge.registers import (
    EXISTS,
    Invalid,
    State,
    changed_registers,
    count_omitted_keys,
    deleted_at,
    dump_state,
    extra_values,
    join_states,
    set_members,
    timeline_values,
    to_state,
)
from entities.models import Record
from entities.models.introspection import model_name, names_scope
from entities.reading.mapped_event import MappedEvent
from entities.writing.conversations import write_conversations
from entities.writing.derive import Columns, derive_columns, write_balances, write_derived_columns
from entities.writing.omission_warnings import describe_omission
from entities.writing.record_ids import find_or_insert, named_keys
from entities.writing.record_tables import UPSERT_ENTRIES, record_table
from entities.writing.row_locks import LockedRows, lock_rows
from entities.writing.search_writer import SearchedRow, write_search_documents
from entities.writing.source_statement import Ids, SourceKey, SourceStatement, find_referred_id
from entities.writing.words.write_words import write_words
from entities.writing.write_names import write_names


@dataclass(frozen=True, slots=True)
class MergedBatch:
    """The result of a merge.

    searched: each row with the values of its searched columns. crowded: the states with so many registers
    that keys may have been left out. changed: the records of which a column changed.
    """

    searched: list[SearchedRow]
    crowded: dict[SourceKey, State]
    changed: set[ChangedRecord]


Warnings = dict[int, list[str]]
"""An event's id -> warnings."""


def apply_mapped_events(mapped: Sequence[MappedEvent]) -> Warnings:
    """Write what the events say; return warnings about what the records had no room for.

    Raises django.db.Error; the caller's savepoint then undoes all of it.
    """
    distinct = {event.event.id: event for event in mapped}.values()
    statements = [
        SourceStatement(
            (event.event.source_id, said.key), event.event.id, said.clock, said.writes, said.omitted
        )
        for event in distinct
        for said in event.statements
    ]
    return apply_statements(statements)


def apply_statements(statements: Sequence[SourceStatement]) -> Warnings:
    """Write what the statements say; return and raise as `apply_mapped_events` does."""
    ids, inserted = find_or_insert(named_keys(statements))
    batch = _join_by_record(statements)
    # All rows of all models are locked before the first is written.
    locked = lock_rows(batch, ids)
    _write_timeline(statements, ids)
    derived = derive_columns(statements, ids)
    merged = _merge_into_rows(locked, batch, _first_own_events(statements), derived, ids)
    merged.changed.update(write_balances(locked.wholes))
    write_search_documents(merged.searched, statements, inserted, ids)
    for model, rows in locked.rows.items():
        write_conversations(model, {ids[key]: row.membership for key, row in rows.items()})
    write_names(statements)
    write_words(statements)
    note_changes(merged.changed | {_describe_changed(key, ids) for key in inserted})
    return _warn_of_omissions(statements, merged.crowded)


def _describe_changed(key: SourceKey, ids: Ids) -> ChangedRecord:
    source_id, (record_type, scope, external_id) = key
    shown_scope = external_id if names_scope(record_type) else scope
    return ChangedRecord(record_type, ids[key], source_id, shown_scope, external_id)


def _join_by_record(statements: Iterable[SourceStatement]) -> dict[SourceKey, State]:
    """Return what the batch as a whole says about each record that it writes to."""
    states: dict[SourceKey, State] = {}
    for statement in statements:
        if statement.writes:
            state = to_state(statement.writes, statement.clock)
            states[statement.key] = join_states(states.get(statement.key, {}), state)
    return states


def _first_own_events(statements: Iterable[SourceStatement]) -> dict[SourceKey, str]:
    """Return the time of the batch's first event of each record that is an own event, in ISO 8601."""
    times: dict[SourceKey, str] = {}
    for statement in statements:
        if EXISTS in statement.writes:
            time = clock_time(statement.clock)
            times[statement.key] = min(time, times.get(statement.key, time))
    return times


def _earlier(one: str | None, other: str | None) -> str | None:
    """Return the earlier of two times in ISO 8601; None stands for no time."""
    return min(filter(None, (one, other)), default=None)


def _merge_into_rows(
    locked: LockedRows,
    batch: dict[SourceKey, State],
    first_events: dict[SourceKey, str],
    derived: Mapping[str, dict[int, Columns]],
    ids: Ids,
) -> MergedBatch:
    """Join the batch's states with those of the rows, and write the rows that changed."""
    merged = MergedBatch([], {}, set())
    for model, stored_rows in locked.rows.items():
        rows = []
        derived_rows = dict(derived.get(model_name(model), {}))
        for key, row in stored_rows.items():
            joined = join_states(row.state, batch[key])
            first_event_at = _earlier(row.first_event_at, first_events.get(key))
            changed = changed_registers(row.state, joined)
            if changed or first_event_at != row.first_event_at:
                document = _project(model, joined, changed, key, ids)
                document["first_event_at"] = first_event_at
                # One statement writes them all: another would make another version of the row.
                document |= derived_rows.pop(ids[key], {})
                rows.append({"id": ids[key], "document": document})
                merged.changed.add(_describe_changed(key, ids))
            searched = _read_searched(row.searched, joined, changed)
            merged.searched.append(SearchedRow(model, ids[key], key, row.searched, searched))
            if len(joined) > extra_bounds.MAX_KEYS:
                merged.crowded[key] = joined
        if rows:
            execute(record_table(model).update, dump_json(rows))
        # A late event changes a record's history, and its registers not.
        merged.changed.update(write_derived_columns(model, derived_rows))
    return merged


def _read_searched(stored: dict[str, str | None], state: State, changed: set[str]) -> dict[str, str | None]:
    """Return the searched columns' values after the merge. stored: those before it."""
    written = {name: state[name].value for name in stored.keys() & changed}
    if not written:
        return stored
    return stored | {name: None if isinstance(value, Invalid) else value for name, value in written.items()}


def _project(
    model: type[Record], state: State, changed: set[str], key: SourceKey, ids: Ids
) -> dict[str, Any]:
    """Return what the row shows of its state, as a document of column -> JSON value.

    Contains only the plain columns whose register changed: the others are right already, and the value of
    a derived column does not depend on its register alone.
    """
    table = record_table(model)
    deletion = deleted_at(state)
    document: dict[str, Any] = {
        "registers": dump_state(state, table.plain),
        "extra": extra_values(state),
        "extra_omitted": count_omitted_keys(state),
        "is_placeholder": False,
        "deleted_at": deletion,
        "is_deleted": deletion is not None,
        "last_event_at": clock_time(state[EXISTS].clock) if EXISTS in state else None,
    }
    document.update({name: set_members(state, name) for name in table.sets})
    for name in table.plain & changed:
        value = state[name].value
        value = None if isinstance(value, Invalid) else value
        target = table.references.get(name)
        if target is None:
            document[name] = value
        else:
            document[f"{name}_id"] = value and find_referred_id(key, target, value, ids)
    return document


def _write_timeline(statements: Iterable[SourceStatement], ids: Ids) -> None:
    entries = [
        {
            "record_type": statement.key[1].model,
            "record_id": ids[statement.key],
            "event_id": statement.event_id,
            "clock": statement.clock,
            "wrote": timeline_values(statement.writes),
        }
        for statement in statements
    ]
    if entries:
        execute(UPSERT_ENTRIES, dump_json(entries))


def _warn_of_omissions(statements: Iterable[SourceStatement], crowded: Mapping[SourceKey, State]) -> Warnings:
    warnings: Warnings = defaultdict(list)
    for statement in statements if crowded else ():
        state = crowded.get(statement.key, {})
        warning = describe_omission(statement.key[1], statement.writes, statement.omitted, state)
        if warning:
            warnings[statement.event_id].append(warning)
    return warnings
