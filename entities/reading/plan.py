"""A vendor's tables turned into lookups: which payload keys feed which column, and how. Pure."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.db.models import Field, ForeignKey

from entities.models.introspection import mirrored_fields, model_name, record_models_by_name
from entities.reading.converters import CONVERTERS
from entities.vendor_language import Entity, Vendor
from entities.vendors import get_vendor

Path = tuple[str, str | None]
"""A payload's key, and the key inside the object under it or None."""


@dataclass(frozen=True)
class ColumnPlan:
    """One column, the places where a payload may say it, and the converter of what they hold."""

    name: str
    paths: tuple[Path, ...]
    convert: Callable[[Any], Any]
    translations: dict[str, str]

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key for key, _ in self.paths)


@dataclass(frozen=True)
class ReferencePlan:
    """One reference: the keys of its id, those of the embedded record, and the copies beside it.

    links: those of the keys whose objects are no copies of the record.
    beside: payload key -> the referred record's column of which its value is a copy.
    """

    name: str
    id_keys: tuple[str, ...]
    embedded_keys: tuple[str, ...]
    link_keys: frozenset[str]
    model: str
    copies: dict[str, ColumnPlan]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return self.id_keys + self.embedded_keys

    @cached_property
    def column(self) -> ColumnPlan:
        """The reference as a column of ids."""
        return ColumnPlan(self.name, (), CONVERTERS[ForeignKey], {})


@dataclass(frozen=True)
class EntityPlan:
    """How one entity of one vendor is read.

    unkept: keys that never go to `extra`: ids, additions, and what is about the event.
    whole: keys of which a column or a reference reads all that is there.
    parted: keys of objects that are read in part.
    """

    entity: Entity
    columns: tuple[ColumnPlan, ...]
    references: tuple[ReferencePlan, ...]
    never_extra: frozenset[str]
    fully_read: frozenset[str]
    partly_read: frozenset[str]


@cache
def entity_plans(vendor_name: str) -> dict[str, EntityPlan]:
    """The plans of a vendor by model name."""
    vendor = get_vendor(vendor_name)
    return {name: _plan(vendor, entity) for name, entity in vendor.entities.items()}


def column_paths(column: str, words: str, columns: Container[str] = ()) -> tuple[Path, ...]:
    """The vendor's words for a column, then the conventional ones, each once; `columns` beside it."""
    return tuple(dict.fromkeys(_path(word) for word in (*words.split(), *_conventional(column, columns))))


def to_camel_case(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _conventional(column: str, columns: Container[str]) -> Iterator[str]:
    stem, _, suffix = column.rpartition("_")
    if suffix == "ref":
        yield from (to_camel_case(f"{stem}_id"), f"{to_camel_case(stem)}.id")
    else:
        yield to_camel_case(column)
    if suffix == "name" and (stem in columns or f"{stem}_ref" in columns):
        yield f"{to_camel_case(stem)}.name"


def _path(word: str) -> Path:
    key, _, part = word.partition(".")
    return key, part or None


def _plan(vendor: Vendor, entity: Entity) -> EntityPlan:
    fields = mirrored_fields(record_models_by_name()[entity.model])
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
    return EntityPlan(
        entity,
        columns,
        references,
        never_extra=frozenset({*entity.id, *entity.additions, *entity.event_keys, *_scope_keys(vendor)}),
        fully_read=frozenset(
            {key for key, part in read if part is None} | {key for ref in references for key in ref.keys}
        ),
        partly_read=frozenset(key for key, part in read if part is not None),
    )


def _scope_keys(vendor: Vendor) -> Iterator[str]:
    """The keys that say which sub-account an event belongs to, and facts about that one."""
    if vendor.scope is not None:
        yield from vendor.scope.id
        for column, words in vendor.scope.columns.items():
            yield from (key for key, _ in column_paths(column, words, vendor.scope.columns))


def _column(entity: Entity, field: Field, words: str) -> ColumnPlan:
    return ColumnPlan(
        field.name,
        column_paths(field.name, words, entity.columns),
        CONVERTERS[type(field)],
        dict(entity.translations.get(field.name, {})),
    )


def _reference(vendor: Vendor, entity: Entity, field: ForeignKey) -> ReferencePlan:
    words = entity.columns[field.name].split() or [
        f"{to_camel_case(field.name)}Id",
        to_camel_case(field.name),
    ]
    model = model_name(field.related_model)
    target = vendor.entities.get(model)
    return ReferencePlan(
        name=field.name,
        id_keys=tuple(word for word in words if word.lower().endswith("id")),
        embedded_keys=tuple(word for word in words if not word.lower().endswith("id")),
        link_keys=frozenset(entity.link_keys),
        model=model,
        copies=_copies(target, field, vendor.reference_copies.get(field.name, {})) if target else {},
    )


def _copies(target: Entity, field: ForeignKey, listed: Mapping[str, str]) -> dict[str, ColumnPlan]:
    """`leadName` beside `leadId` is a copy of the lead's `name`, and so for each of its columns."""
    found: dict[str, ColumnPlan] = {}
    for name, target_field in mirrored_fields(field.related_model).items():
        if name not in target.columns or isinstance(target_field, ForeignKey):
            continue
        column = _column(target, target_field, target.columns[name])
        for key, part in column.paths:
            if part is None:
                found.setdefault(to_camel_case(field.name) + key[0].upper() + key[1:], column)
        found.update({key: column for key, copied in listed.items() if copied == name})
    return found
