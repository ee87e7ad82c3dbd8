"""A vendor's tables turned into lookups: which payload keys feed which column, and how. Pure."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
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

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key for key, _ in self.paths)


@dataclass(frozen=True)
class Reference:
    """One reference: the keys of its id, those of the embedded record, and the copies beside it.

    links: those of the keys whose objects are no copies of the record.
    beside: payload key -> the referred record's column of which its value is a copy.
    """

    name: str
    id_keys: tuple[str, ...]
    embedded_keys: tuple[str, ...]
    links: frozenset[str]
    model: str
    beside: dict[str, Column]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return self.id_keys + self.embedded_keys

    @cached_property
    def column(self) -> Column:
        """The reference as a column of ids."""
        return Column(self.name, (), CONVERTERS[ForeignKey], {})


@dataclass(frozen=True)
class Plan:
    """How one entity of one vendor is read.

    unkept: keys that never go to `extra`: ids, additions, and what is about the event.
    whole: keys of which a column or a reference reads all that is there.
    parted: keys of objects that are read in part.
    """

    entity: Entity
    columns: tuple[Column, ...]
    references: tuple[Reference, ...]
    unkept: frozenset[str]
    whole: frozenset[str]
    parted: frozenset[str]


@cache
def plans(vendor_name: str) -> dict[str, Plan]:
    """The plans of a vendor by model name."""
    vendor = vendors.get(vendor_name)
    return {name: _plan(vendor, entity) for name, entity in vendor.entities.items()}


def paths(column: str, words: str, columns: Container[str] = ()) -> tuple[Path, ...]:
    """The vendor's words for a column, then the conventional ones, each once; `columns` beside it."""
    return tuple(dict.fromkeys(_path(word) for word in (*words.split(), *_conventional(column, columns))))


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _conventional(column: str, columns: Container[str]) -> Iterator[str]:
    stem, _, suffix = column.rpartition("_")
    if suffix == "ref":
        yield from (camel(f"{stem}_id"), f"{camel(stem)}.id")
    else:
        yield camel(column)
    if suffix == "name" and (stem in columns or f"{stem}_ref" in columns):
        yield f"{camel(stem)}.name"


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
    read = [path for column in columns for path in column.paths]
    return Plan(
        entity,
        columns,
        references,
        unkept=frozenset({*entity.id, *entity.adds, *entity.about_event, *_scope_keys(vendor)}),
        whole=frozenset(
            {key for key, part in read if part is None} | {key for ref in references for key in ref.keys}
        ),
        parted=frozenset(key for key, part in read if part is not None),
    )


def _scope_keys(vendor: Vendor) -> Iterator[str]:
    """The keys that say which sub-account an event belongs to, and facts about that one."""
    if vendor.scope is not None:
        yield from vendor.scope.id
        for column, words in vendor.scope.columns.items():
            yield from (key for key, _ in paths(column, words, vendor.scope.columns))


def _column(entity: Entity, field: Field, words: str) -> Column:
    return Column(
        field.name,
        paths(field.name, words, entity.columns),
        CONVERTERS[type(field)],
        dict(entity.words.get(field.name, {})),
    )


def _reference(vendor: Vendor, entity: Entity, field: ForeignKey) -> Reference:
    words = entity.columns[field.name].split() or [f"{camel(field.name)}Id", camel(field.name)]
    model = model_name(field.related_model)
    target = vendor.entities.get(model)
    return Reference(
        name=field.name,
        id_keys=tuple(word for word in words if word.lower().endswith("id")),
        embedded_keys=tuple(word for word in words if not word.lower().endswith("id")),
        links=frozenset(entity.links),
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
                found.setdefault(camel(field.name) + key[0].upper() + key[1:], column)
        found.update({key: column for key, copied in listed.items() if copied == name})
    return found
