"""Turns a vendor's tables into lookups: which payload keys fill which column, and how. Pure."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache, cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Field, ForeignKey, JSONField

from entities.models.introspection import mirrored_fields, model_name, record_models_by_name
from entities.reading.converters import CONVERTERS
from entities.reading.times import to_date
from entities.vendor_language import Entity, Vendor
from entities.vendors import get_vendor

Path = tuple[str, str | None]
"""A payload's key, and None, or the key inside the object under it (`stage.name`)."""


@dataclass(frozen=True)
class ColumnPlan:
    """One column: the places of a payload that may have its value, preferred first, and their converter.

    is_document: whether it holds any JSON value as it was sent, also an empty text.
    """

    name: str
    paths: tuple[Path, ...]
    convert: Callable[[Any], Any]
    translations: dict[str, str]
    is_document: bool = False

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key for key, _ in self.paths)


@dataclass(frozen=True)
class ReferencePlan:
    """One reference: the keys of its id, those of the embedded record, and those of single copied columns.

    link_keys: those of the keys whose objects name the record and are not copies of it.
    model: the name of the model referred to.
    copies: payload key -> the referred record's column of which its value is a copy (`leadName`).
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
    """The lookups by which the payloads of one vendor's entity are read.

    never_extra: keys that never go to `extra`: ids, additions, and those that describe the event.
    fully_read: keys whose whole value a column or a reference reads.
    partly_read: keys of objects of which columns read parts.
    """

    entity: Entity
    columns: tuple[ColumnPlan, ...]
    references: tuple[ReferencePlan, ...]
    never_extra: frozenset[str]
    fully_read: frozenset[str]
    partly_read: frozenset[str]


@cache
def entity_plans(vendor_name: str, time_zone: str = "") -> dict[str, EntityPlan]:
    """Return model name -> plan, for all entities of a vendor.

    time_zone: the IANA name of the time zone in which a date that is written in UTC is a day; UTC if empty.
    Raises zoneinfo.ZoneInfoNotFoundError.
    """
    vendor = get_vendor(vendor_name)
    zone = ZoneInfo(time_zone) if time_zone else None
    return {name: _plan_entity(vendor, entity, zone) for name, entity in vendor.entities.items()}


def column_paths(column: str, words: str, columns: Container[str] = ()) -> tuple[Path, ...]:
    """Return the vendor's own places of a column, then the conventional ones, without duplicates.

    words: the vendor's keys, separated by spaces. columns: all columns of the entity.
    """
    words_in_order = (*words.split(), *_conventional_keys(column, columns))
    return tuple(dict.fromkeys(_parse_path(word) for word in words_in_order))


def to_camel_case(name: str) -> str:
    """Return the camelCase form of a snake_case name."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _conventional_keys(column: str, columns: Container[str]) -> Iterator[str]:
    stem, _, suffix = column.rpartition("_")
    if suffix == "ref":
        yield from (to_camel_case(f"{stem}_id"), f"{to_camel_case(stem)}.id")
    else:
        yield to_camel_case(column)
    if suffix == "name" and (stem in columns or f"{stem}_ref" in columns):
        yield f"{to_camel_case(stem)}.name"


def _parse_path(word: str) -> Path:
    key, _, part = word.partition(".")
    return key, part or None


def _plan_entity(vendor: Vendor, entity: Entity, zone: tzinfo | None) -> EntityPlan:
    fields = mirrored_fields(record_models_by_name()[entity.model])
    columns = tuple(
        _plan_column(entity, fields[name], words, zone)
        for name, words in entity.columns.items()
        if not isinstance(fields[name], ForeignKey)
    )
    references = tuple(
        _plan_reference(vendor, entity, field, zone)
        for name in entity.columns
        if isinstance(field := fields[name], ForeignKey)
    )
    paths = [path for column in columns for path in column.paths]
    return EntityPlan(
        entity,
        columns,
        references,
        never_extra=frozenset({*entity.id, *entity.additions, *entity.event_keys, *_scope_keys(vendor)}),
        fully_read=frozenset(
            {key for key, part in paths if part is None} | {key for ref in references for key in ref.keys}
        ),
        partly_read=frozenset(key for key, part in paths if part is not None),
    )


def _scope_keys(vendor: Vendor) -> Iterator[str]:
    """Yield the keys of the id of the event's sub-account, and of its columns."""
    if vendor.scope is not None:
        yield from vendor.scope.id
        for column, words in vendor.scope.columns.items():
            yield from (key for key, _ in column_paths(column, words, vendor.scope.columns))


def _plan_column(entity: Entity, field: Field, words: str, zone: tzinfo | None) -> ColumnPlan:
    return ColumnPlan(
        field.name,
        column_paths(field.name, words, entity.columns),
        _choose_converter(field, zone),
        dict(entity.translations.get(field.name, {})),
        isinstance(field, JSONField),
    )


def _choose_converter(field: Field, zone: tzinfo | None) -> Callable[[Any], Any]:
    convert = CONVERTERS[type(field)]
    return partial(to_date, zone=zone) if zone and convert is to_date else convert


def _plan_reference(vendor: Vendor, entity: Entity, field: ForeignKey, zone: tzinfo | None) -> ReferencePlan:
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
        copies=(
            _plan_copies(target, field, vendor.reference_copies.get(field.name, {}), zone) if target else {}
        ),
    )


def _plan_copies(
    target: Entity, field: ForeignKey, listed: Mapping[str, str], zone: tzinfo | None
) -> dict[str, ColumnPlan]:
    """Return payload key -> column, such as `leadName`, a copy of the lead's `name`, for each of its columns.

    listed: the vendor's own keys -> column, in addition to the conventional ones.
    """
    copies: dict[str, ColumnPlan] = {}
    for name, target_field in mirrored_fields(field.related_model).items():
        if name not in target.columns or isinstance(target_field, ForeignKey):
            continue
        column = _plan_column(target, target_field, target.columns[name], zone)
        for key, part in column.paths:
            if part is None:
                copies.setdefault(to_camel_case(field.name) + key[0].upper() + key[1:], column)
        copies.update({key: column for key, copied in listed.items() if copied == name})
    return copies
