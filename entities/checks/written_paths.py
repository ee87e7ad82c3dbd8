"""Lists the paths that a vendor's module names, each with the samples in which it should lead somewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from entities.checks.sample_reading import ReadSamples
from entities.reading.paths import ABSENT, Path, Surroundings, follow, quote_key
from entities.vendor_language import Entity, Vendor

Start = tuple[Any, Surroundings]
"""The place in a sample where a path starts, and what is around it."""
ENVELOPE = ""
DEFAULTS = {field.name: field.default for field in fields(Vendor)}


@dataclass(frozen=True)
class WrittenPaths:
    """Paths that a module names, in one place.

    model: that of the entity, or ENVELOPE. place: in the module. words: the paths. starts: where they start.
    """

    model: str
    place: str
    words: str
    starts: Sequence[Start]


def list_written_paths(vendor: Vendor, samples: ReadSamples) -> Iterator[WrittenPaths]:
    """List the paths of a module, without those of its lists of events and those that are its defaults."""
    events = [(event.content, event.root) for event in samples.events]
    payloads = [(event.payload, event.root) for event in samples.events]
    envelope = [
        ("time", vendor.time),
        ("payload", vendor.payload),
        *(("type", one) for one in vendor.type_parts),
    ]
    for name, words in envelope:
        if words != DEFAULTS[name]:
            yield WrittenPaths(ENVELOPE, name, words, events)
    yield WrittenPaths(ENVELOPE, "delivery_keys", vendor.delivery_keys, payloads)
    yield WrittenPaths(ENVELOPE, "property_lists", " ".join(vendor.property_lists), payloads)
    for entity in vendor.entities.values():
        starts = payloads if entity is vendor.scope else starts_of(samples, entity)
        yield from _list_entity_paths(entity, starts)
    yield from _list_type_paths(vendor, samples)


def starts_of(samples: ReadSamples, entity: Entity) -> list[Start]:
    """Return the records of this kind in the samples, also those that are embedded in others."""
    return [(one.payload, one.root) for one in samples.payloads if one.model == entity.model]


def is_met(path: Path, starts: Iterable[Start]) -> bool:
    """Return True if a path leads somewhere in one of the samples."""
    return any(follow(content, path, root) is not ABSENT for content, root in starts)


def _list_entity_paths(entity: Entity, starts: Sequence[Start]) -> Iterator[WrittenPaths]:
    place = f"entity {entity.model!r}"
    yield WrittenPaths(entity.model, f"{place}, id", entity.id, starts)
    for column, words in entity.columns.items():
        yield WrittenPaths(entity.model, f"{place}, column {column!r}", words, starts)
    for name, keys in (("additions", tuple(entity.additions)), ("event_keys", entity.event_keys)):
        yield WrittenPaths(entity.model, f"{place}, {name}", " ".join(map(quote_key, keys)), starts)


def _list_type_paths(vendor: Vendor, samples: ReadSamples) -> Iterator[WrittenPaths]:
    """List the paths of single types of event; those that several types share, once for all of these."""
    shared: dict[tuple[str, str, str], list[str]] = {}
    for name, event in vendor.events.items():
        named = {"id": event.id, "ended": event.ended, "merged": event.merged}
        named |= {f"column {column!r}": words for column, words in event.columns.items()}
        for word, words in named.items():
            shared.setdefault((event.entity.model, word, words), []).append(name)
    for (model, word, words), names in shared.items():
        own = [one for one in samples.payloads if one.is_own and one.event_type in names]
        starts = [(one.payload, one.root) for one in own]
        yield WrittenPaths(model, f"event {names[0]!r}, {word}", words, starts)
