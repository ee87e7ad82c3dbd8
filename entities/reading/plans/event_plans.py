"""The plans of a vendor's types of events: what each is about, with its rank. Pure."""

from dataclasses import dataclass, replace
from functools import cache
from zoneinfo import ZoneInfo

from entities.merge.clock import Rank
from entities.reading.paths import Path, parse_paths
from entities.reading.plans.column_paths import payload_places
from entities.reading.plans.entity_plans import EntityPlan, entity_plans, plan_entity
from entities.vendor_language import EventType, Vendor, rank_of
from entities.vendors import get_vendor

# A type that ends so stands for all types that begin with what is before it.
WILDCARD = "*"


@dataclass(frozen=True)
class EventPlan:
    """The plan by which the events of one type are read. ended, merged: the paths of `EventType`.

    columns: the columns of this type alone.
    """

    event_type: EventType
    rank: Rank
    plan: EntityPlan
    columns: tuple[str, ...]
    ended: tuple[Path, ...]
    merged: tuple[Path, ...]


@cache
def event_plan(vendor_name: str, event_type: str, time_zone: str = "") -> EventPlan:
    """Return the plan of the events of a type that stands in the vendor's table.

    time_zone: see `entity_plans`.
    """
    known = get_vendor(vendor_name).events[event_type]
    return _plan_event(get_vendor(vendor_name), known, rank_of(last_word(event_type)), time_zone)


def find_event_plan(vendor: Vendor, event_type: str, time_zone: str = "") -> EventPlan | None:
    """Return the plan of the events of this type; None if the vendor's module does not know it."""
    if event_type in vendor.events:
        return event_plan(vendor.name, event_type, time_zone)
    wildcard = find_wildcard(vendor, event_type)
    if wildcard is None:
        return None
    plan = event_plan(vendor.name, wildcard, time_zone)
    return plan if plan.event_type.rank is not None else replace(plan, rank=rank_of(last_word(event_type)))


def knows_type(vendor: Vendor, event_type: str) -> bool:
    """Return True if the vendor's module knows this type of event."""
    return event_type in vendor.events or find_wildcard(vendor, event_type) is not None


def find_wildcard(vendor: Vendor, event_type: str) -> str | None:
    """Return the longest of the vendor's types with a `*` that stands for this type."""
    found = [name for name in wildcards(vendor) if event_type.startswith(name.removesuffix(WILDCARD))]
    return max(found, key=len, default=None)


@cache
def wildcards(vendor: Vendor) -> tuple[str, ...]:
    """Return the vendor's types that end in `*`."""
    return tuple(name for name in vendor.events if name.endswith(WILDCARD))


def last_word(event_type: str) -> str:
    """Return the word behind the last dot of a type: its verb."""
    return event_type.rpartition(".")[2]


def clear_plans() -> None:
    """Forget the plans, after a vendor's tables have changed."""
    entity_plans.cache_clear()
    event_plan.cache_clear()


def _plan_event(vendor: Vendor, event_type: EventType, verb_rank: Rank, time_zone: str) -> EventPlan:
    rank = verb_rank if event_type.rank is None else event_type.rank
    plan = entity_plans(vendor.name, time_zone)[event_type.entity.model]
    if event_type.id or event_type.columns:
        entity = replace(
            event_type.entity,
            id=event_type.id or event_type.entity.id,
            columns={**event_type.entity.columns, **event_type.columns},
        )
        plan = plan_entity(vendor, entity, ZoneInfo(time_zone) if time_zone else None)
    ended, merged = parse_paths(event_type.ended), parse_paths(event_type.merged)
    described = (*ended, *merged, *parse_paths(event_type.entity.id))
    places = plan.never_extra.union(*(payload_places(vendor, path) for path in described))
    return EventPlan(
        event_type, rank, replace(plan, never_extra=places), tuple(event_type.columns), ended, merged
    )
