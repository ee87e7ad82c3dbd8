"""What the mapping knows of what vendors send: types of events, and places in their payloads. Pure.

Both as rows for jsonb_to_recordset, by which `drift` compares them with what was sent.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from entities.reading.plan import EntityPlan, Path, entity_plans
from entities.vendors import all_vendors


class FindingKind(StrEnum):
    """How the mapping stands to what was sent."""

    TYPE = "type"
    FIELD = "field"
    VALUE = "value"
    SPARE = "spare"
    LEARNT_TYPE = "learnt-type"
    LEARNT_FIELD = "learnt-field"


@dataclass(frozen=True)
class MappedPath:
    """A place that the mapping knows, and what it is to find it in `extra` nevertheless.

    columns: those that are read off it. object, scalar: the kind where the entry wrote none of those,
        for a JSON object and for anything else.
    """

    columns: tuple[str, ...] = ()
    object: FindingKind = FindingKind.LEARNT_FIELD
    scalar: FindingKind = FindingKind.LEARNT_FIELD


def mapped_types() -> list[dict[str, str]]:
    """vendor, event_type: those that are not ignored."""
    return [
        {"vendor": vendor.name, "event_type": name}
        for vendor in all_vendors().values()
        for name in vendor.event_types
    ]


def mapped_paths() -> list[dict[str, Any]]:
    """vendor, record_type, place (a key, or `key.part`), and the fields of Known."""
    return [
        {"vendor": vendor, "record_type": model, "place": place} | asdict(known)
        for vendor in all_vendors()
        for (model, place), known in _places_of(vendor).items()
    ]


def _places_of(vendor: str) -> dict[tuple[str, str], MappedPath]:
    found: dict[tuple[str, str], MappedPath] = {}
    for model, place, known in _every_place(entity_plans(vendor)):
        held = found.get((model, place))
        found[model, place] = (
            MappedPath(held.columns + known.columns, held.object, held.scalar) if held else known
        )
    return found


def _every_place(found: dict[str, EntityPlan]) -> Iterator[tuple[str, str, MappedPath]]:
    """Model, place and what is known of it; of the same place the first has the say."""
    for model, plan in found.items():
        yield from (
            (model, key, MappedPath((), FindingKind.VALUE, FindingKind.VALUE))
            for key in plan.entity.additions
        )
        yield from ((model, key, MappedPath()) for key in plan.never_extra)
        for column in plan.columns:
            yield from ((model, _place(path), MappedPath((column.name,))) for path in column.paths)
        for reference in plan.references:
            yield from ((model, key, MappedPath((reference.name,))) for key in reference.keys)
        # An object is expected, and read in part.
        yield from ((model, key, MappedPath(scalar=FindingKind.VALUE)) for key in plan.partly_read)
    for model, plan in found.items():
        for reference in plan.references:
            for key, column in reference.copies.items():
                yield reference.model, key, MappedPath((column.name,))
                # Without the id of the record that it would be said of.
                yield model, key, MappedPath((), FindingKind.SPARE, FindingKind.SPARE)


def _place(path: Path) -> str:
    key, part = path
    return key if part is None else f"{key}.{part}"
