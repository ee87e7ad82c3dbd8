"""A vendor's tables turned into lookups: which payload keys feed which column, and how. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Field, ForeignKey

from entities import vendors
from entities.converters import CONVERTERS
from entities.schema import by_name, mirrored, model_name
from entities.vendor import Entity, Vendor

Path = tuple[str, str | None]
"""A payload's key, and the key inside the object under it or None."""


@dataclass(frozen=True)
class Column:
    """One column, the places where a payload may say it, and the converter of what they hold."""

    name: str
    paths: tuple[Path, ...]
    convert: Callable[[Any], Any]
    words: dict[str, str]


@dataclass(frozen=True)
class Reference:
    """One reference: the keys of its id, the key of the embedded record, and the copies beside it.

    beside: payload key -> the referred record's column of which its value is a copy.
    """

    name: str
    id_keys: tuple[str, ...]
    embedded_keys: tuple[str, ...]
    model: str
    beside: dict[str, Column]


@dataclass(frozen=True)
class Plan:
    """How one entity of one vendor is read. `named` are the keys that do not go to `extra`."""

    entity: Entity
    columns: tuple[Column, ...]
    references: tuple[Reference, ...]
    named: frozenset[str]
    parts: dict[str, frozenset[str]]


@cache
def plans(vendor_name: str) -> dict[str, Plan]:
    """The plans of a vendor by model name."""
    vendor = vendors.get(vendor_name)
    return {name: _plan(vendor, entity) for name, entity in vendor.entities.items()}


def paths(column: str, words: str) -> tuple[Path, ...]:
    """The vendor's words for a column, then the conventional ones, each once."""
    return tuple(dict.fromkeys(_path(word) for word in (*words.split(), *_conventional(column))))


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _conventional(column: str) -> Iterator[str]:
    yield camel(column)
    yield column
    stem, _, suffix = column.rpartition("_")
    if stem and suffix in ("ref", "name"):
        key = "id" if suffix == "ref" else "name"
        yield camel(f"{stem}_{key}")
        yield f"{camel(stem)}.{key}"


def _path(word: str) -> Path:
    key, _, part = word.partition(".")
    return key, part or None


def _plan(vendor: Vendor, entity: Entity) -> Plan:
    fields = mirrored(by_name()[entity.model])
    columns = tuple(
        _column(entity, fields[name], words)
        for name, words in entity.columns.items()
        if not isinstance(fields[name], ForeignKey)
    )
    references = tuple(
        _reference(vendor, entity, field)
        for name in entity.columns
        if isinstance(field := fields[name], ForeignKey)
    )
    column_paths = [path for column in columns for path in column.paths]
    scope_keys = vendor.scope.id if vendor.scope else ()
    scope_facts = (
        [key for words in vendor.scope.columns.items() for key, _ in paths(*words)] if vendor.scope else []
    )
    named = frozenset(
        {
            *entity.id,
            *entity.adds,
            *entity.about_event,
            *scope_keys,
            *scope_facts,
            *(key for key, _ in column_paths),
            *(key for ref in references for key in (*ref.id_keys, *ref.embedded_keys)),
        }
    )
    return Plan(entity, columns, references, named, _parts(column_paths))


def _parts(found: list[Path]) -> dict[str, frozenset[str]]:
    """Key of an embedded object that is read in part -> the parts that are read."""
    keys = {key for key, part in found if part}
    return {key: frozenset(part for other, part in found if other == key and part) for key in keys}


def _column(entity: Entity, field: Field, words: str) -> Column:
    return Column(
        field.name, paths(field.name, words), CONVERTERS[type(field)], dict(entity.words.get(field.name, {}))
    )


def _reference(vendor: Vendor, entity: Entity, field: ForeignKey) -> Reference:
    words = entity.columns[field.name].split() or [f"{field.name}Id", f"{field.name}_id", field.name]
    model = model_name(field.related_model)
    target = vendor.entities.get(model)
    return Reference(
        name=field.name,
        id_keys=tuple(word for word in words if word.lower().endswith("id")),
        embedded_keys=tuple(word for word in words if not word.lower().endswith("id")),
        model=model,
        beside=_beside(target, field, vendor.beside.get(field.name, {})) if target else {},
    )


def _beside(target: Entity, field: ForeignKey, listed: Mapping[str, str]) -> dict[str, Column]:
    """`leadName` beside `leadId` is a copy of the lead's `name`, and so for each of its columns."""
    found: dict[str, Column] = {}
    for name, target_field in mirrored(field.related_model).items():
        if name not in target.columns or isinstance(target_field, ForeignKey):
            continue
        column = _column(target, target_field, target.columns[name])
        for key, part in column.paths:
            if part is None:
                found.setdefault(field.name + key[0].upper() + key[1:], column)
        found.update({key: column for key, copied in listed.items() if copied == name})
    return found
