"""Spells facts as a vendor's samples do: with the keys of an event type's sample, and its kinds of values.

What a vendor does not send is missing here too, such as the contact of an outbound message.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from entities.generator.company_facts import Fact, Ref
from entities.generator.envelope_writer import put_at
from entities.generator.sample_events import list_sample_events, sample_events
from entities.reading.envelopes.properties import expand_properties
from entities.reading.paths import ABSENT, follow
from entities.reading.paths import Path as KeyPath
from entities.reading.plans.entity_plans import ColumnPlan, ReferencePlan, entity_plans
from entities.reading.plans.event_plans import find_event_plan
from entities.vendor_language import Entity, Vendor

Shape = Mapping[str, Any]
"""A payload's keys, each with an example of a value."""
FLAGS = {"true": True, "false": False}


@cache
def find_all_keys(vendor: Vendor, model: str) -> Shape:
    """Return all keys that the samples of a model's events have; a property that they name is one."""
    keys: dict[str, Any] = {}
    for event in list_sample_events(vendor.name):
        plan = find_event_plan(vendor, event.event_type)
        if plan is not None and plan.plan.entity.model == model:
            payload = expand_properties(vendor, event.payload)
            keys |= {key: value for key, value in payload.items() if value is not None or key not in keys}
    return keys


def find_shape(vendor: Vendor, event_type: str) -> Shape:
    """Return the shape of an event type's sample; without one, that of all events of its model."""
    found = sample_events(vendor.name).get(event_type)
    if found is not None:
        return found.payload
    return find_all_keys(vendor, vendor.events[event_type].entity.model)


def spell_payload(vendor: Vendor, fact: Fact, shape: Shape) -> dict[str, Any]:
    """Return the payload of a fact: what it changed, and what else the shape has of the record."""
    plan = entity_plans(vendor.name)[fact.model]
    examples = find_all_keys(vendor, fact.model)
    payload = {_choose_id_key(plan.entity, shape): _spell_ref(fact.record)}
    if vendor.scope is not None:
        payload[vendor.scope.id.split()[0]] = _spell_ref(fact.sub_account)
    for column in plan.columns:
        if column.name in fact.values:
            shapes = (shape, examples) if column.name in fact.changed else (shape,)
            value = fact.values[column.name]
            if column.name in plan.entity.scales and value is not None:
                value = int(value * plan.entity.scales[column.name])
            _put_column(payload, column, value, shapes, examples)
    for reference in plan.references:
        if reference.name in fact.values:
            payload |= _spell_reference(vendor, reference, fact.values[reference.name], shape)
    return payload


def spell_time(moment: datetime) -> str:
    """Return a time as ISO 8601, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _put_column(
    payload: dict[str, Any], column: ColumnPlan, value: Any, shapes: tuple[Shape, ...], examples: Shape
) -> None:
    """Put a column's value where the first of the shapes has it; nowhere if none has."""
    path = next((path for shape in shapes for path in column.paths if _has_column(shape, column, path)), None)
    if path is None:
        return
    own_words = {common: own for own, common in column.translations.items()}
    value = own_words.get(value, value) if isinstance(value, str) else value
    if follow(payload, path) is ABSENT:
        put_at(payload, path.parts, _spell(value, follow(examples, path)))


def _has_column(shape: Shape, column: ColumnPlan, path: KeyPath) -> bool:
    """Return True if a column's value may stand at this place of the shape."""
    value = follow(shape, path)
    is_part = len(path.parts) > 1
    return value is not ABSENT and (is_part or column.is_document or not isinstance(value, dict))


def _spell_reference(vendor: Vendor, reference: ReferencePlan, record: Ref, keys: Shape) -> dict[str, Any]:
    """Return a reference's key with the id, or with an object or a list of objects that have it."""
    path = next((path for path in reference.paths if path.place in keys), None)
    if path is None:
        return {}
    key = path.place
    if path in reference.id_paths:
        return {key: _spell_ref(record)}
    example = keys[key]
    target = vendor.entities[reference.model]
    if isinstance(example, list):
        return {key: [{_choose_id_key(target, example[0]): _spell_ref(record)}]}
    if isinstance(example, dict):
        return {key: {_choose_id_key(target, example): _spell_ref(record)}}
    return {key: _spell_ref(record)}


def _choose_id_key(entity: Entity, keys: Shape) -> str:
    own_keys = entity.id.split()
    return next((key for key in own_keys if key in keys), own_keys[0])


def _spell(value: Any, example: Any) -> Any:
    """Return a value in the form that the example has."""
    if isinstance(value, Ref):
        return value.number if isinstance(example, int) else _spell_ref(value)
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000) if isinstance(example, int) else spell_time(value)
    if isinstance(value, date):
        return f"{value}T00:00:00.000Z" if "T" in str(example) else value.isoformat()
    if isinstance(example, bool) and value in FLAGS:
        return FLAGS[value]
    if isinstance(value, str) and isinstance(example, str):
        return _spell_word(value, example)
    return value


def _spell_word(word: str, example: str) -> str:
    """Return a word in capitals if the example is, and the other way round; a text stays as it is."""
    if word.islower() and example.isupper():
        return word.upper()
    return word.lower() if word.isupper() and example.islower() else word


def _spell_ref(record: Ref) -> str:
    return f"{record.kind}{record.number:03}"
