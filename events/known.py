"""What the mapping knows of what vendors send: types of events, and places in their payloads. Pure.

Both as rows for jsonb_to_recordset, by which `drift` compares them with what was sent.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from entities import vendors
from entities.plan import Path, Plan, plans


class Kind(StrEnum):
    """How the mapping stands to what was sent."""

    TYPE = "type"
    FIELD = "field"
    VALUE = "value"
    SPARE = "spare"
    LEARNT_TYPE = "learnt-type"
    LEARNT_FIELD = "learnt-field"


@dataclass(frozen=True)
class Known:
    """A place that the mapping knows, and what it is to find it in `extra` nevertheless.

    columns: those that are read off it. object, scalar: the kind where the entry wrote none of those,
        for a JSON object and for anything else.
    """

    columns: tuple[str, ...] = ()
    object: Kind = Kind.LEARNT_FIELD
    scalar: Kind = Kind.LEARNT_FIELD


def types() -> list[dict[str, str]]:
    """vendor, event_type: those that are not ignored."""
    return [
        {"vendor": vendor.name, "event_type": name}
        for vendor in vendors.every().values()
        for name in vendor.event_types
    ]


def places() -> list[dict[str, Any]]:
    """vendor, record_type, place (a key, or `key.part`), and the fields of Known."""
    return [
        {"vendor": vendor, "record_type": model, "place": place} | asdict(known)
        for vendor in vendors.every()
        for (model, place), known in _places_of(vendor).items()
    ]


def _places_of(vendor: str) -> dict[tuple[str, str], Known]:
    found: dict[tuple[str, str], Known] = {}
    for model, place, known in _every_place(plans(vendor)):
        held = found.get((model, place))
        found[model, place] = Known(held.columns + known.columns, held.object, held.scalar) if held else known
    return found


def _every_place(found: dict[str, Plan]) -> Iterator[tuple[str, str, Known]]:
    """Model, place and what is known of it; of the same place the first has the say."""
    for model, plan in found.items():
        yield from ((model, key, Known((), Kind.VALUE, Kind.VALUE)) for key in plan.entity.adds)
        yield from ((model, key, Known()) for key in plan.unkept)
        for column in plan.columns:
            yield from ((model, _place(path), Known((column.name,))) for path in column.paths)
        for reference in plan.references:
            yield from ((model, key, Known((reference.name,))) for key in reference.keys)
        # An object is expected, and read in part.
        yield from ((model, key, Known(scalar=Kind.VALUE)) for key in plan.parted)
    for model, plan in found.items():
        for reference in plan.references:
            for key, column in reference.beside.items():
                yield reference.model, key, Known((column.name,))
                # Without the id of the record that it would be said of.
                yield model, key, Known((), Kind.SPARE, Kind.SPARE)


def _place(path: Path) -> str:
    key, part = path
    return key if part is None else f"{key}.{part}"
