"""The redaction of an event's writes: what they say of erased persons goes, all else keeps its clock. Pure.

A reference to an erased person, and a value in which his address stands, become null: a write that was left
out would let an older value come back. The columns that a referring record has about him are left out of all
its events, so nothing comes back there.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.db.models import ForeignKey

from entities.erasure.marked_addresses import find_in_value, find_possible_addresses
from entities.erasure.marks import KnownMarks, Mark, MarkKind, extents_of, mark_address, mark_record
from entities.merge.registers import ADDITION, COUNTED, EXTRA, Invalid
from entities.models import Record
from entities.models.introspection import (
    mirrored_fields,
    model_name,
    record_models_by_name,
    scope_model_name,
)
from entities.reading.mapped_event import RecordKey
from entities.reading.mapper import MERGED_INTO
from entities.writing.source_statement import SourceKey

Writes = Mapping[str, Any]


class Saying(NamedTuple):
    """The writes of one event to one record, with their clock."""

    key: SourceKey
    clock: str
    writes: Writes


def is_person(model: type[Record]) -> bool:
    """Return True for a model of persons or companies, whose records can be erased."""
    return bool(model.person_columns)


@cache
def reference_models(model: type[Record]) -> dict[str, str]:
    """Return register -> the model's name, for the registers that hold another record's id."""
    references = {
        name: model_name(field.related_model)
        for name, field in mirrored_fields(model).items()
        if isinstance(field, ForeignKey)
    }
    return references | {MERGED_INTO: model_name(model)}


def list_possible_marks(said: Iterable[Saying]) -> set[Mark]:
    """Return every mark that would matter to these statements, if it existed."""
    marks: set[Mark] = set()
    for key, _, writes in said:
        marks.add(mark_record(MarkKind.ERASED, key))
        marks.add(mark_record(MarkKind.REFERRING, key))
        marks.update(mark_record(MarkKind.ERASED, other) for other in referred_keys(key, writes))
        found = find_in_value([[_text_of_name(name), _plain(value)] for name, value in writes.items()])
        marks.update(
            mark_address(place, address) for address in found for place in extents_of(key[0], key[1].scope)
        )
    return marks


def find_new_marks(said: Iterable[Saying], known: KnownMarks) -> set[Mark]:
    """Return the marks that follow from these statements and the known marks, and are not known yet.

    A record of a person that has a marked address, or was merged with an erased one, is his too. A record
    that refers to an erased one is a referring one.
    """
    said = list(said)
    new: set[Mark] = set()
    while found := set(_follow(said, known.with_marks(new))) - known.marks - new:
        new |= found
    return new


def _follow(said: Iterable[Saying], known: KnownMarks) -> Iterator[Mark]:
    for key, _, writes in said:
        model = record_models_by_name()[key[1].model]
        if is_person(model) and not known.is_erased(key) and _has_own_address(model, key, writes, known):
            yield mark_record(MarkKind.ERASED, key)
        for name, other in _named_references(key, writes):
            if name == MERGED_INTO and is_person(model) and known.is_erased(key) != known.is_erased(other):
                yield mark_record(MarkKind.ERASED, key)
                yield mark_record(MarkKind.ERASED, other)
            elif known.is_erased(other) and not known.is_erased(key):
                yield mark_record(MarkKind.REFERRING, key)


def _has_own_address(model: type[Record], key: SourceKey, writes: Writes, known: KnownMarks) -> bool:
    values = (writes.get(name) for name, kind in model.searched_columns.items() if kind.has_former_values)
    return any(
        known.has_address(key, find_possible_addresses(value)) for value in values if isinstance(value, str)
    )


def redact(said: Iterable[Saying], known: KnownMarks) -> list[Saying]:
    """Return what stays of one event.

    The sub-account of what went is still named by it: that it is there is no fact about a person.
    """
    kept: dict[tuple[SourceKey, str], Saying] = {}
    scopes: dict[tuple[SourceKey, str], Saying] = {}
    for saying in said:
        writes = redact_writes(saying.key, saying.writes, known)
        if writes is not None:
            kept[saying.key, saying.clock] = saying._replace(writes=writes)
        elif scope := saying.key[1].scope:
            key = (saying.key[0], RecordKey(scope_model_name(), "", scope))
            scopes[key, saying.clock] = Saying(key, saying.clock, {})
    return list((scopes | kept).values())


def redact_writes(key: SourceKey, writes: Writes, known: KnownMarks) -> dict[str, Any] | None:
    """Return what stays of one event's writes to one record; None if the record is an erased person's."""
    if known.is_erased(key):
        return None
    model = record_models_by_name()[key[1].model]
    is_referring = known.is_referring(key)
    erased = {name for name, other in _named_references(key, writes) if known.is_erased(other)}
    redacted: dict[str, Any] = {}
    for name, value in writes.items():
        if is_referring and _is_about_referred(model, name):
            continue
        if name in erased or (is_referring and isinstance(value, Invalid)):
            redacted[name] = None
        elif known.has_address(key, find_possible_addresses(_text_of_name(name))):
            continue
        elif known.has_address(key, find_in_value(_plain(value))):
            redacted[name] = None
        else:
            redacted[name] = value
    return redacted


def _is_about_referred(model: type[Record], name: str) -> bool:
    """Return True for a register that says something of the persons to whom the record refers."""
    if name.startswith((EXTRA, COUNTED)):
        return not is_person(model)
    return name.partition(ADDITION)[0] in model.about_referred


def referred_keys(key: SourceKey, writes: Writes) -> Iterator[SourceKey]:
    """Yield the keys of the records that the writes refer to, or say were merged."""
    return (other for _, other in _named_references(key, writes))


def _named_references(key: SourceKey, writes: Writes) -> Iterator[tuple[str, SourceKey]]:
    source_id, own = key
    for name, target in reference_models(record_models_by_name()[own.model]).items():
        value = writes.get(name)
        if isinstance(value, str):
            yield name, (source_id, own._replace(model=target, external_id=value))


def _text_of_name(name: str) -> str:
    """Return what an event said in the name of a register: a key of `extra`, or a label."""
    return name.removeprefix(EXTRA) if name.startswith(EXTRA) else name.partition(ADDITION)[2]


def _plain(value: Any) -> Any:
    return value.raw if isinstance(value, Invalid) else value
