"""Checks of a vendor's tables against its samples: a path that no sample has may be a slip of the pen.

Ids: entities.W014, E017, W018, W020 and W021.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from django.core.checks import CheckMessage
from django.db.models import ForeignKey

from entities.checks.check_errors import Errors, make_error, make_warning
from entities.checks.sample_reading import ReadSamples, read_samples
from entities.checks.written_paths import Start, WrittenPaths, is_met, list_written_paths, starts_of
from entities.models.introspection import mirrored_fields, record_models_by_name
from entities.reading.envelopes.event_lists import list_events
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.envelopes.vendor_samples import SampleBody, sample_bodies, sample_folder
from entities.reading.mapped_event import Unmappable
from entities.reading.mapper import map_event
from entities.reading.paths import ABSENT, Path, follow, parse_path, parse_paths, split_words
from entities.reading.plans.column_paths import column_paths, reference_paths
from entities.stored_events import StoredEvent
from entities.vendor_language import Entity, Spelling, Vendor
from entities.vendors import find_vendor_problem

MAX_NAMED_KEYS = 12


def check_samples(module: str, vendor: Vendor) -> Errors:
    """Yield an error for each sample that is not read, and warnings for what no sample has."""
    if find_vendor_problem(vendor.name):
        # Another module cannot be imported, which is an error of its own; without it, no event can be read.
        return
    bodies = sample_bodies(vendor.name)
    if not bodies:
        hint = f"Put a body of each event type, as the vendor delivers it, into {sample_folder(vendor.name)}."
        yield make_warning("W018", module, "has no sample: nothing shows that it reads anything", hint)
        return
    messages: list[CheckMessage] = [
        message for sample in bodies for message in _check_sample(module, vendor, sample)
    ]
    # A warning that several samples have is shown once, with the first of them.
    yield from {message.msg: message for message in reversed(messages)}.values()
    samples = read_samples(vendor)
    yield from _check_batch(module, vendor, samples)
    yield from _check_property_lists(module, vendor, samples)
    for written in list_written_paths(vendor, samples):
        yield from _check_written(module, vendor, written)
    for entity in vendor.entities.values():
        if entity is not vendor.scope:
            yield from _check_spelling(module, vendor, entity, starts_of(samples, entity))


def _check_sample(module: str, vendor: Vendor, sample: SampleBody) -> Errors:
    """Yield the error of a sample that is not read, or the warnings with which it is read."""
    hint = f"Run manage.py read {vendor.name} {sample_folder(vendor.name) / sample.name}"
    digest = hashlib.sha256(sample.body).hexdigest()
    try:
        mapped = map_event(StoredEvent(0, 0, vendor.name, digest, sample.body, datetime.now(UTC), ""))
    except (Malformed, Unmappable) as error:
        yield make_error("E017", module, f"does not read the sample {sample.name}: {error}", hint)
        return
    if not mapped.known:
        reason = f"ignores the sample {sample.name}, of the type {mapped.envelopes.event_type!r}"
        other = "Add the type to events; if the mirror has no model for such records, remove the sample."
        yield make_error("E017", module, reason, other)
        return
    for warning in mapped.warnings:
        yield make_warning("W021", module, f"reads a sample with a warning: {warning}", hint)


def _check_batch(module: str, vendor: Vendor, samples: ReadSamples) -> Errors:
    for path in parse_paths(vendor.batch):
        if samples.events and not any(list_events(event.root.body, (path,)) for event in samples.events):
            hint = "Write where the list of events stands, or take batch out if each event is a body."
            yield make_warning("W014", module, f"batch: no sample has a list at {path.place!r}", hint)


def _check_property_lists(module: str, vendor: Vendor, samples: ReadSamples) -> Errors:
    """Yield a warning for each key of a property that no property in the samples has."""
    for place, keys in vendor.property_lists.items():
        found = (follow(event.payload, parse_path(place), event.root) for event in samples.events)
        properties = [item for items in found if isinstance(items, list) for item in items]
        known = dict.fromkeys(key for item in properties if isinstance(item, dict) for key in item)
        for key in keys if properties else ():
            if key not in known:
                reason = f"property_lists {place!r}: no property in the samples has {key!r}"
                hint = f"The properties have: {', '.join(known) or 'no key'}. Write a key of these, no path."
                yield make_warning("W014", module, reason, hint)


def _check_written(module: str, vendor: Vendor, written: WrittenPaths) -> Errors:
    """Yield a warning for each of the paths that leads nowhere in all samples of its kind."""
    assumed = split_words(vendor.unsampled.get(written.model, ""))
    for word in split_words(written.words) if written.starts else ():
        # A dot at the end leads to the object that has the conventional keys.
        path = parse_path(word.removesuffix(".") or word)
        if word not in assumed and not is_met(path, written.starts):
            hint = _suggest_keys(path, written.starts)
            yield make_warning("W014", module, f"{written.place}: no sample has {word!r}", hint)


def _suggest_keys(path: Path, starts: Iterable[Start]) -> str:
    """Return the keys that the samples have where the path leads nowhere, the most similar ones first."""
    reached = [follow(content, path._replace(parts=()), root) for content, root in starts]
    inside = ""
    missing = path.place
    for missing in path.parts:
        inner = [
            value
            for content in reached
            if (value := follow(content, parse_path(f"'{missing}'"))) is not ABSENT
        ]
        if not inner:
            break
        reached, inside = inner, f" in {missing!r}"
    keys = dict.fromkeys(key for content in reached if isinstance(content, dict) for key in content)
    close = get_close_matches(missing, list(keys), 3)
    named = [*close, *(key for key in keys if key not in close)][:MAX_NAMED_KEYS]
    return (
        f"The samples have{inside}: {', '.join(named) or 'no key'}. Write what the vendor sends, take the"
        " path out, or add a sample that has it; in unsampled= you may say that it is meant."
    )


def _check_spelling(module: str, vendor: Vendor, entity: Entity, starts: Sequence[Start]) -> Errors:
    """Yield a warning for the columns that are spelled like their names and are so in no sample."""
    assumed = split_words(vendor.unsampled.get(entity.model, ""))
    names = [column for column, words in entity.columns.items() if not words and column not in assumed]
    unmet = _list_unmet(entity, names, vendor.spelling, starts) if starts else []
    if unmet:
        example = vendor.spelling.value
        reason = f"entity {entity.model!r}: no sample has {', '.join(unmet)}, spelled as in {example!r}"
        yield make_warning("W020", module, reason, _suggest_spelling(entity, names, unmet, starts))


def _list_unmet(
    entity: Entity, names: Iterable[str], spelling: Spelling, starts: Sequence[Start]
) -> list[str]:
    """Return those of the columns whose conventional keys are in no sample, in this spelling."""
    model_fields: dict[str, Any] = mirrored_fields(record_models_by_name()[entity.model])
    unmet: list[str] = []
    for name in names:
        if isinstance(model_fields[name], ForeignKey):
            paths = reference_paths(name, "", spelling)
        else:
            paths = column_paths(name, "", entity.columns, spelling)
        if not any(is_met(path, starts) for path in paths):
            unmet.append(name)
    return unmet


def _suggest_spelling(
    entity: Entity, names: Sequence[str], unmet: Sequence[str], starts: Sequence[Start]
) -> str:
    counts = {spelling: len(_list_unmet(entity, names, spelling, starts)) for spelling in Spelling}
    best = min(counts, key=lambda spelling: counts[spelling])
    if counts[best] < len(unmet):
        return (
            f"Write spelling=Spelling.{best.name}: the samples have {len(names) - counts[best]} of them so."
        )
    return (
        "Write the vendor's own keys, take the columns out, or add a sample that has them; in unsampled= you"
        " may say that they are meant."
    )
