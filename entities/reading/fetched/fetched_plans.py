"""The plans of records that were fetched, imported or found to be gone: how each resource is read. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from entities.models.introspection import mirrored_fields, model_name, record_models_by_name
from entities.reading.fetched.fetched_envelope import event_type_of
from entities.reading.mapped_event import RecordKey, Statement
from entities.reading.plans.entity_plans import EntityPlan, entity_plans, plan_entity
from entities.reading.plans.event_plans import clear_plans, knows_type
from entities.stored_events import Origin
from entities.vendor_language import Entity, Vendor
from entities.vendors import all_vendors, get_vendor


@dataclass(frozen=True)
class FetchedPlan:
    """The plan by which the records of a resource are read.

    leaves_out: keys that say nothing. ids: model -> prefix of ids in the API -> prefix in webhooks.
    """

    plan: EntityPlan
    leaves_out: frozenset[str]
    ids: Mapping[str, Mapping[str, str]]


@cache
def find_fetched_plan(
    vendor_name: str, origin: Origin, resource: str, time_zone: str = ""
) -> FetchedPlan | None:
    """Return the plan of a resource's records; None if the vendor's module does not have it.

    In a file, the resource is the model of the records, which are read as those of webhooks.
    """
    vendor = get_vendor(vendor_name)
    if origin is Origin.FILE:
        plan = entity_plans(vendor_name, time_zone).get(resource)
        return FetchedPlan(plan, frozenset(), {}) if plan else None
    found = vendor.api.find_resource(resource) if vendor.api else None
    if found is None or vendor.api is None:
        return None
    zone = ZoneInfo(time_zone) if time_zone else None
    plan = plan_entity(vendor, found.entity, zone)
    # The id of one that is gone is written as webhooks write it.
    ids = {} if origin is Origin.LISTING else vendor.api.ids
    return FetchedPlan(plan, frozenset(found.leaves_out), ids)


def fetched_types(vendor: Vendor) -> Iterator[str]:
    """Yield the types of events that the mirror makes itself of what it fetches of a vendor."""
    for resource in vendor.api.resources if vendor.api else ():
        yield event_type_of(Origin.API, resource.name)
        yield event_type_of(Origin.LISTING, resource.name)
    yield from (event_type_of(Origin.FILE, model) for model in vendor.entities)


def all_event_types() -> set[str]:
    """Return the event types that the vendors' modules know, fetched ones among them."""
    vendors = all_vendors().values()
    return {name for vendor in vendors for name in (*vendor.event_types, *fetched_types(vendor))}


def knows_any_type(vendor: Vendor, event_type: str) -> bool:
    """Return True if the vendor's module knows this type of event, delivered or fetched."""
    return knows_type(vendor, event_type) or event_type in fetched_types(vendor)


def translate_ids(
    statements: tuple[Statement, ...], ids: Mapping[str, Mapping[str, str]]
) -> tuple[Statement, ...]:
    """Return the statements with ids as webhooks write them."""
    return tuple(_translate_statement(one, ids) for one in statements) if ids else statements


def translate_id(external_id: str, prefixes: Mapping[str, str]) -> str:
    """Return an id of the API as webhooks write it."""
    for prefix, webhook_prefix in prefixes.items():
        if external_id.startswith(prefix):
            return webhook_prefix + external_id.removeprefix(prefix)
    return external_id


def restore_id(external_id: str, prefixes: Mapping[str, str]) -> str | None:
    """Return an id of webhooks as the API writes it; None if it has none of the prefixes."""
    for prefix, webhook_prefix in prefixes.items():
        if external_id.startswith(webhook_prefix):
            return prefix + external_id.removeprefix(webhook_prefix)
    return None


def models_with_ids(entity: Entity, ids: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Return the models whose ids are translated when a row of this entity is read."""
    references = _reference_models(entity.model)
    named = (entity.model, *(references.get(column, "") for column in entity.columns))
    return tuple(dict.fromkeys(model for model in named if model in ids))


def _translate_statement(one: Statement, ids: Mapping[str, Mapping[str, str]]) -> Statement:
    key = RecordKey(
        one.key.model, one.key.scope, translate_id(one.key.external_id, ids.get(one.key.model, {}))
    )
    references = _reference_models(one.key.model)
    writes = {
        name: translate_id(value, ids[references[name]])
        if isinstance(value, str) and references.get(name) in ids
        else value
        for name, value in one.writes.items()
    }
    return Statement(key, one.clock, writes, one.omitted)


@cache
def _reference_models(model: str) -> Mapping[str, str]:
    """Return column -> the model referred to, for the references of a model."""
    fields = mirrored_fields(record_models_by_name()[model])
    return {name: model_name(field.related_model) for name, field in fields.items() if field.is_relation}


def clear_fetched_plans() -> None:
    """Forget the plans, after a vendor's tables have changed."""
    clear_plans()
    find_fetched_plan.cache_clear()
