"""The plans of a vendor's kinds of record: which paths of a payload fill which column, and how. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache, cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Field, ForeignKey, JSONField

from entities.models.introspection import mirrored_fields, model_name, record_models_by_name
from entities.reading.converters import CONVERTERS, to_scaled_amount
from entities.reading.paths import Path, parse_paths
from entities.reading.plans.column_paths import (
    column_paths,
    envelope_places,
    outer_places,
    payload_places,
    reference_paths,
    spell_copy,
)
from entities.reading.plans.shape_cache import CacheByShape
from entities.reading.times import to_date, to_time
from entities.vendor_language import Entity, Vendor
from entities.vendors import get_vendor


@dataclass(frozen=True)
class ColumnPlan:
    """One column: the paths of a payload that may have its value, preferred first, and their converter.

    is_document: whether it holds any JSON value as it was sent, also an empty text.
    """

    name: str
    paths: tuple[Path, ...]
    convert: Callable[[Any], Any]
    translations: dict[str, str]
    is_document: bool = False

    @cached_property
    def keys(self) -> frozenset[str]:
        """The payload's keys at which its paths begin."""
        return _first_keys(self.paths)


@dataclass(frozen=True)
class ReferencePlan:
    """One reference: the paths of its id, those of the embedded record, and those of single copied columns.

    link_keys: those of the paths whose objects name the record and are not copies of it.
    model: the name of the model referred to.
    copies: payload key -> the referred record's column of which its value is a copy (`leadName`).
    """

    name: str
    id_paths: tuple[Path, ...]
    embedded_paths: tuple[Path, ...]
    link_keys: frozenset[str]
    model: str
    copies: dict[str, ColumnPlan]

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        return self.id_paths + self.embedded_paths

    @cached_property
    def keys(self) -> frozenset[str]:
        """The payload's keys at which its paths begin, and those of the copies."""
        return _first_keys(self.paths).union(self.copies)

    @cached_property
    def column(self) -> ColumnPlan:
        """The reference as a column of ids."""
        return ColumnPlan(self.name, (), CONVERTERS[ForeignKey], {})


@dataclass(frozen=True)
class EntityPlan:
    """The lookups by which the payloads of one vendor's entity are read.

    id: the paths of the record's id.
    never_extra: places that never go to `extra`: ids, additions, and what describes the event.
    fully_read: places whose whole value a column or a reference reads.
    partly_read: places of objects and lists of which parts are read.
    """

    entity: Entity
    id: tuple[Path, ...]
    columns: tuple[ColumnPlan, ...]
    references: tuple[ReferencePlan, ...]
    never_extra: frozenset[str]
    fully_read: frozenset[str]
    partly_read: frozenset[str]

    def columns_in(self, payload: Mapping[str, Any]) -> Sequence[tuple[ColumnPlan, str | None]]:
        """Return the columns that may have a value in a payload, in order, with the only key that may have
        it; with None where there are several places, or it is not the value of a key as a whole.
        """
        return self._columns_by_shape.find(payload)

    def references_in(self, payload: Mapping[str, Any]) -> Sequence[ReferencePlan]:
        """Return the references that may have a value in a payload, in order."""
        return self._references_by_shape.find(payload)

    @cached_property
    def _columns_by_shape(self) -> CacheByShape[tuple[ColumnPlan, str | None]]:
        places = _list_places(self.columns)

        def plan(payload: Mapping[str, Any]) -> Iterator[tuple[ColumnPlan, str | None]]:
            for place in _find_places(places, payload):
                yield self.columns[place], self._find_only_key(self.columns[place], payload)

        return CacheByShape(plan)

    @cached_property
    def _references_by_shape(self) -> CacheByShape[ReferencePlan]:
        places = _list_places(self.references)
        return CacheByShape(
            lambda payload: (self.references[place] for place in _find_places(places, payload))
        )

    def _find_only_key(self, column: ColumnPlan, payload: Mapping[str, Any]) -> str | None:
        """Return the key whose value is the column's, if the column looks nowhere else in the payload."""
        concerned = [
            path for path in column.paths if path.is_rooted or not path.parts or path.parts[0] in payload
        ]
        is_whole = len(concerned) == 1 and len(concerned[0].parts) == 1 and not concerned[0].is_rooted
        place = concerned[0].place if is_whole else None
        return None if place in self.partly_read else place


PlacesByKey = Mapping[str | None, Sequence[int]]
"""A payload's key -> the places of the plans that read it. None -> those of plans that look elsewhere too."""


def _list_places(plans: Sequence[ColumnPlan | ReferencePlan]) -> PlacesByKey:
    places: dict[str | None, list[int]] = defaultdict(list)
    for place, plan in enumerate(plans):
        elsewhere = {None} if any(path.is_rooted for path in plan.paths) else set()
        for key in plan.keys | elsewhere:
            places[key].append(place)
    return dict(places)


def _find_places(places: PlacesByKey, payload: Mapping[str, Any]) -> list[int]:
    """Return the places of the plans that a payload concerns, in order."""
    found = set(places.get(None, ()))
    for key in places.keys() & payload.keys():
        found.update(places[key])
    return sorted(found)


def _first_keys(paths: tuple[Path, ...]) -> frozenset[str]:
    return frozenset(path.parts[0] for path in paths if path.parts and not path.is_rooted)


@cache
def entity_plans(vendor_name: str, time_zone: str = "") -> dict[str, EntityPlan]:
    """Return model name -> plan, for all entities of a vendor.

    time_zone: the IANA name of the time zone in which a date that is written in UTC is a day; UTC if empty.
    Raises zoneinfo.ZoneInfoNotFoundError.
    """
    vendor = get_vendor(vendor_name)
    zone = ZoneInfo(time_zone) if time_zone else None
    return {name: plan_entity(vendor, entity, zone) for name, entity in vendor.entities.items()}


def plan_entity(vendor: Vendor, entity: Entity, zone: tzinfo | None) -> EntityPlan:
    """Return the plan of one entity. zone: see `entity_plans`."""
    fields = mirrored_fields(record_models_by_name()[entity.model])
    columns = tuple(
        _plan_column(vendor, entity, fields[name], words, zone)
        for name, words in entity.columns.items()
        if not isinstance(fields[name], ForeignKey)
    )
    references = tuple(
        _plan_reference(vendor, entity, field, zone)
        for name in entity.columns
        if isinstance(field := fields[name], ForeignKey)
    )
    paths = [path for column in columns for path in column.paths]
    paths += [path for reference in references for path in reference.paths]
    id_paths = parse_paths(entity.id)
    described = (*id_paths, *(path for path in paths if path.is_rooted))
    return EntityPlan(
        entity,
        id_paths,
        columns,
        references,
        never_extra=frozenset({*entity.additions, *entity.event_keys, *envelope_places(vendor)}).union(
            *(payload_places(vendor, path) for path in described)
        ),
        fully_read=frozenset(path.place for path in paths),
        partly_read=frozenset(place for path in (*paths, *id_paths) for place in outer_places(path)),
    )


def _plan_column(vendor: Vendor, entity: Entity, field: Field, words: str, zone: tzinfo | None) -> ColumnPlan:
    return ColumnPlan(
        field.name,
        column_paths(field.name, words, entity.columns, vendor.spelling),
        _choose_converter(vendor, field, zone, entity.scales.get(field.name)),
        dict(entity.translations.get(field.name, {})),
        isinstance(field, JSONField),
    )


def _choose_converter(
    vendor: Vendor, field: Field, zone: tzinfo | None, scale: int | None
) -> Callable[[Any], Any]:
    convert = CONVERTERS[type(field)]
    if scale is not None:
        return partial(to_scaled_amount, scale=scale)
    settings: dict[str, Any] = {}
    if vendor.time_formats and convert in (to_date, to_time):
        settings["formats"] = vendor.time_formats
    if zone and convert is to_date:
        settings["zone"] = zone
    return partial(convert, **settings) if settings else convert


def _plan_reference(vendor: Vendor, entity: Entity, field: ForeignKey, zone: tzinfo | None) -> ReferencePlan:
    paths = reference_paths(field.name, entity.columns[field.name], vendor.spelling)
    model = model_name(field.related_model)
    target = vendor.entities.get(model)
    listed = vendor.reference_copies.get(field.name, {})
    return ReferencePlan(
        name=field.name,
        id_paths=tuple(path for path in paths if _names_id(path)),
        embedded_paths=tuple(path for path in paths if not _names_id(path)),
        link_keys=frozenset(entity.link_keys),
        model=model,
        copies=_plan_copies(vendor, target, field, listed, zone) if target else {},
    )


def _names_id(path: Path) -> bool:
    return path.place.lower().endswith("id")


def _plan_copies(
    vendor: Vendor, target: Entity, field: ForeignKey, listed: Mapping[str, str], zone: tzinfo | None
) -> dict[str, ColumnPlan]:
    """Return payload key -> column, such as `leadName`, a copy of the lead's `name`, for each of its columns.

    listed: the vendor's own keys -> column, in addition to the conventional ones.
    """
    copies: dict[str, ColumnPlan] = {}
    for name, target_field in mirrored_fields(field.related_model).items():
        if name not in target.columns or isinstance(target_field, ForeignKey):
            continue
        column = _plan_column(vendor, target, target_field, target.columns[name], zone)
        for path in column.paths:
            if len(path.parts) == 1 and not path.is_rooted:
                copies.setdefault(spell_copy(field.name, path.place, vendor.spelling), column)
        copies.update({key: column for key, copied in listed.items() if copied == name})
    return copies
