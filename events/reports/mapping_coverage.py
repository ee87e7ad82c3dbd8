"""Lists what the mapping covers of what vendors send: event types, and paths in their payloads. Pure.

Both are lists of rows for jsonb_to_recordset: `schema_drift` joins them with what was sent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from entities.reading.fetched.fetched_plans import fetched_types
from entities.reading.paths import PARSED, join_parts
from entities.reading.plans.entity_plans import EntityPlan, entity_plans
from entities.reading.plans.event_plans import event_plan
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
        of these columns, for a JSON object and for any other value. is_kept: whether a part of a list, or of
        a text that is JSON, is read: such a value stays in `extra` as it is, and is no finding.
    """

    columns: tuple[str, ...] = ()
    object_kind: FindingKind = FindingKind.NEWLY_MAPPED_FIELD
    scalar_kind: FindingKind = FindingKind.NEWLY_MAPPED_FIELD
    is_kept: bool = False


NEVER_A_COLUMN = MappedPath()
ADDITION = MappedPath((), FindingKind.UNREADABLE_VALUE, FindingKind.UNREADABLE_VALUE)
# The column's copy was not written: the event lacks the id of the record that the copy belongs to.
REFERENCE_COPY = MappedPath((), FindingKind.UNUSED_VALUE, FindingKind.UNUSED_VALUE)
# The mapping expects an object here and reads parts of it.
PARTLY_READ_OBJECT = MappedPath(scalar_kind=FindingKind.UNREADABLE_VALUE)
PARTLY_READ_LIST = MappedPath(
    object_kind=FindingKind.UNREADABLE_VALUE, scalar_kind=FindingKind.UNREADABLE_VALUE, is_kept=True
)

Coverage = tuple[str, str, MappedPath]
"""A record type, a path (`key`, or `key.part`), and how it is covered."""


def mapped_types() -> list[dict[str, str]]:
    """Return the event types that are not ignored, as rows of: vendor, event_type (also `task.*`)."""
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
        for (record_type, path), mapped in _merge(_list_coverage(vendor)).items()
    ]


def _merge(coverages: Iterable[Coverage]) -> dict[tuple[str, str], MappedPath]:
    """Merge the coverages of each path: the columns of all, and the kinds of the first."""
    merged: dict[tuple[str, str], MappedPath] = {}
    for record_type, path, mapped in coverages:
        known = merged.get((record_type, path))
        merged[record_type, path] = (
            MappedPath(
                known.columns + mapped.columns,
                known.object_kind,
                known.scalar_kind,
                known.is_kept or mapped.is_kept,
            )
            if known
            else mapped
        )
    return merged


def _list_coverage(vendor_name: str) -> Iterator[Coverage]:
    """Yield a vendor's coverage, also by what single types of event have of their own."""
    yield from _plan_coverage(entity_plans(vendor_name))
    for name, event in all_vendors()[vendor_name].events.items():
        if event.id or event.columns or event.ended or event.merged:
            yield from _plan_coverage({event.entity.model: event_plan(vendor_name, name).plan})


def _plan_coverage(plans: dict[str, EntityPlan]) -> Iterator[Coverage]:
    """Yield the coverage of these plans. A record's own paths come before copies, and so decide the kinds."""
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
    lists = set(_list_partly_read_lists(plan))
    yield from ((key, PARTLY_READ_LIST if key in lists else PARTLY_READ_OBJECT) for key in plan.partly_read)


def _list_partly_read_lists(plan: EntityPlan) -> Iterator[str]:
    """Yield the places of the lists, and of the texts that are JSON, into which a path leads."""
    paths = [path for column in plan.columns for path in column.paths]
    paths += [path for reference in plan.references for path in reference.paths]
    for path in (*paths, *plan.id):
        if not path.is_rooted:
            for depth, part in enumerate(path.parts[1:], 1):
                if part.isdigit() or "=" in part or part == PARSED:
                    yield join_parts(path.parts[:depth])
