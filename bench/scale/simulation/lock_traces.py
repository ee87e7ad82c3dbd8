"""Tells which keys a batch locks in each of its steps, from what its events say. Pure.

So the simulation needs no second rule of what an event writes: the mapper and the writer's own functions say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.scale.meeting_events import SourcedBody
    from entities.reading.mapped_event import MappedEvent
    from entities.writing.source_statement import SourceStatement


Key = tuple[Any, ...]
"""The key of a lock. The first part is the id of the source: no key is of two."""


@dataclass(frozen=True)
class LockTrace:
    """The keys of one batch, each in the order in which a worker locks them.

    named: of the records that have to be there; a batch waits for one that another inserts.
    written: of the records whose rows are locked.
    conversations, words: as `named` is. names: key -> the clock and the name that are written; a worker
        leaves out what it has written before.
    """

    named: tuple[Key, ...] = ()
    written: tuple[Key, ...] = ()
    conversations: tuple[Key, ...] = ()
    names: Mapping[Key, Any] = field(default_factory=dict)
    words: tuple[Key, ...] = ()


def trace_batch(bodies: Sequence["SourcedBody"], source_ids: Mapping[str, int]) -> LockTrace:
    """Return the keys that these events lock when they are applied together."""
    from entities.writing.source_statement import SourceStatement
    from entities.writing.words.write_words import collect_words
    from entities.writing.write_names import collect_names

    statements = [
        SourceStatement((mapped.event.source_id, said.key), 0, said.clock, said.writes, said.omitted)
        for mapped in map_bodies(bodies, source_ids)
        for said in mapped.statements
    ]
    return LockTrace(
        named=tuple(_order_named(statements)),
        written=tuple(_order_written(statements)),
        conversations=tuple(sorted(_list_conversations(statements))),
        names=dict(sorted(collect_names(statements).items())),
        words=tuple(sorted(collect_words(statements))),
    )


def map_bodies(bodies: Iterable["SourcedBody"], source_ids: Mapping[str, int]) -> Iterator["MappedEvent"]:
    """Yield what each event says."""
    from entities.reading.mapper import map_event
    from entities.stored_events import StoredEvent

    now = datetime.now(UTC)
    for body in bodies:
        digest = sha256(body.body).hexdigest()
        yield map_event(StoredEvent(0, source_ids[body.slug], body.vendor, digest, body.body, now, ""))


def _order_named(statements: Sequence["SourceStatement"]) -> Iterator[Key]:
    """Yield the keys of all records that are named, in the order in which they are inserted."""
    from entities.models.introspection import model_name, record_models
    from entities.writing.record_ids import named_keys

    keys = named_keys(statements)
    for model in record_models():
        yield from sorted(key for key in keys if key[1].model == model_name(model))


def _order_written(statements: Sequence["SourceStatement"]) -> Iterator[Key]:
    """Yield the keys of the records whose rows are locked, and of the wholes that the batch names.

    Rows are locked by id. Ids grow with the order of insertion, which is that of keys within a batch only:
    the order of keys, which all batches share too, stands for it here.
    """
    from entities.models.introspection import lock_order, model_name, wholes_of
    from entities.reading.mapped_event import RecordKey

    written = {statement.key for statement in statements if statement.writes}
    models = {model_name(model): model for model in lock_order()}
    for statement in statements:
        source_id, key = statement.key
        for column, whole in wholes_of(models[key.model]).items():
            if isinstance(value := statement.writes.get(column), str):
                written.add((source_id, RecordKey(model_name(whole), key.scope, value)))
    for name in models:
        yield from sorted(key for key in written if key[1].model == name)


def _list_conversations(statements: Iterable["SourceStatement"]) -> set[tuple[int, str, str]]:
    from entities.models.introspection import record_models_by_name

    models = record_models_by_name()
    return {
        (statement.key[0], key.scope, ref)
        for statement in statements
        for key in (statement.key[1],)
        if (rule := models[key.model].conversation_rule)
        and isinstance(ref := statement.writes.get(rule.ref), str)
    }
