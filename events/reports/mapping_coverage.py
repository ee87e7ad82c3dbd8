"""Lists what the mapping covers of what vendors send: event types, and paths in their payloads. Pure.

Both are lists of rows for jsonb_to_recordset: `schema_drift` joins them with what was sent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from entities.reading.fetched.fetched_plans import fetched_types
from entities.reading.plans.entity_plans import EntityPlan, entity_plans
from entities.vendors import all_vendors


class FindingKind(StrEnum):
    """The ways in which what a vendor sent differs from what the mapping covers."""

    # The mapping has no such event type, and the event was ignored.
    UNKNOWN_TYPE = "type"
    # The mapping has no such field, and the value was kept in `extra`.
    UNKNOWN_FIELD = "field"
    # The mapping has the field, but its column cannot hold this value.
    UNREADABLE_VALUE = "value"
    # The mapping has the field and could read the value, but did not use it: another field fed the column, or
    # the event lacks the id of the record that the value is about.
    UNUSED_VALUE = "spare"
    # The mapping has learnt the event type or the field since the event was processed.
    NEWLY_MAPPED_TYPE = "learnt-type"
    NEWLY_MAPPED_FIELD = "learnt-field"


@dataclass(frozen=True)
class MappedPath:
    """A path that the mapping covers, and the kind of finding if its value is in `extra` nevertheless.

    columns: the columns that are read from it. object_kind, scalar_kind: the finding if the event wrote none
        of these columns, for a JSON object and for any other value.
    """

    columns: tuple[str, ...] = ()
    object_kind: FindingKind = FindingKind.NEWLY_MAPPED_FIELD
    scalar_kind: FindingKind = FindingKind.NEWLY_MAPPED_FIELD


NEVER_A_COLUMN = MappedPath()
ADDITION = MappedPath((), FindingKind.UNREADABLE_VALUE, FindingKind.UNREADABLE_VALUE)
# The column's copy was not written: the event lacks the id of the record that the copy belongs to.
REFERENCE_COPY = MappedPath((), FindingKind.UNUSED_VALUE, FindingKind.UNUSED_VALUE)
# The mapping expects an object here and reads parts of it.
PARTLY_READ_OBJECT = MappedPath(scalar_kind=FindingKind.UNREADABLE_VALUE)

Coverage = tuple[str, str, MappedPath]
"""A record type, a path (`key`, or `key.part`), and how it is covered."""


def mapped_types() -> list[dict[str, str]]:
    """Return the event types that are not ignored, as rows of: vendor, event_type."""
    return [
        {"vendor": vendor.name, "event_type": name}
        for vendor in all_vendors().values()
        for name in (*vendor.event_types, *fetched_types(vendor))
    ]


def mapped_paths() -> list[dict[str, Any]]:
    """Return the covered paths, as rows of: vendor, record_type, path, and the fields of MappedPath."""
    return [
        {"vendor": vendor, "record_type": record_type, "path": path} | asdict(mapped)
        for vendor in all_vendors()
        for (record_type, path), mapped in _merge(_vendor_coverage(entity_plans(vendor))).items()
    ]


def _merge(coverages: Iterable[Coverage]) -> dict[tuple[str, str], MappedPath]:
    """Merge the coverages of each path: the columns of all, and the kinds of the first."""
    merged: dict[tuple[str, str], MappedPath] = {}
    for record_type, path, mapped in coverages:
        known = merged.get((record_type, path))
        merged[record_type, path] = (
            MappedPath(known.columns + mapped.columns, known.object_kind, known.scalar_kind)
            if known
            else mapped
        )
    return merged


def _vendor_coverage(plans: dict[str, EntityPlan]) -> Iterator[Coverage]:
    """Yield a vendor's coverage. A record's own paths come before mere copies, and so decide the kinds."""
    for record_type, plan in plans.items():
        yield from ((record_type, path, mapped) for path, mapped in _own_paths(plan))
    for record_type, plan in plans.items():
        for reference in plan.references:
            for key, column in reference.copies.items():
                yield reference.model, key, MappedPath((column.name,))
                yield record_type, key, REFERENCE_COPY


def _own_paths(plan: EntityPlan) -> Iterator[tuple[str, MappedPath]]:
    yield from ((key, ADDITION) for key in plan.entity.additions)
    yield from ((key, NEVER_A_COLUMN) for key in plan.never_extra)
    for column in plan.columns:
        yield from ((path.place, MappedPath((column.name,))) for path in column.paths)
    for reference in plan.references:
        yield from ((path.place, MappedPath((reference.name,))) for path in reference.paths)
    yield from ((key, PARTLY_READ_OBJECT) for key in plan.partly_read)
