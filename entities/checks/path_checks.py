"""Checks of how the paths in a vendor's tables are written: each is a text, and none is empty.

Ids: entities.E005, E011, E013 and W022.
"""

from collections.abc import Iterator

from entities.checks.check_errors import Errors, make_error, make_warning
from entities.reading.paths import ITSELF, KEY_MARK, parse_path, parse_paths, split_words
from entities.vendor_language import Vendor

COLUMN = "column "
"""In the place of a column's paths."""


def check_paths(module: str, place: str, words: object) -> Errors:
    """Yield an error for a text without a path, where there has to be one."""
    if isinstance(words, str) and not words.split():
        hint = f"Write {place.rpartition(' ')[2]}='...': the paths where it stands."
        yield make_error("E005", module, f"{place} names no path", hint)


def check_written_paths(module: str, vendor: Vendor) -> Errors:
    """Yield an error for each path of a module that is no text, or that has an empty key."""
    for place, words in _list_words(vendor):
        if not isinstance(words, str):
            hint = "Write the paths as one text, with spaces between them: 'id leadId'."
            yield make_error("E011", module, f"{place} is {words!r}", hint)
            continue
        for word in split_words(words):
            if slip := _find_slip(word, is_column=COLUMN in place):
                yield make_error("E013", module, f"{place}: {word!r} {slip}", "Write keys joined by dots.")


def check_payload(module: str, vendor: Vendor) -> Errors:
    """Yield a warning for each path of the payload that takes one item out of a list."""
    for path in parse_paths(vendor.payload) if isinstance(vendor.payload, str) else ():
        index = next((place for place, part in enumerate(path.parts) if part.isdigit()), None)
        if index is None:
            continue
        batch = ".".join(path.parts[:index]) or ITSELF
        rest = ".".join(path.parts[index + 1 :]) or ITSELF
        reason = f"payload: {path.place!r} reads one item of a list, and leaves the others out"
        hint = (
            f"If each item is an event, write batch={batch!r} and payload={rest!r}. Paths then start at the"
            " item, and one that starts with / at the body."
        )
        yield make_warning("W022", module, reason, hint)


def _list_words(vendor: Vendor) -> Iterator[tuple[str, object]]:
    """Yield (place, words) for all places of a module that have paths, whatever stands there."""
    yield "batch", vendor.batch
    yield "time", vendor.time
    yield "payload", vendor.payload
    yield "delivery_keys", vendor.delivery_keys
    yield from (("type", words) for words in vendor.type_parts)
    entities = {
        id(one): one
        for one in (*vendor.entities.values(), *(event.entity for event in vendor.events.values()))
    }
    for entity in entities.values():
        yield f"entity {entity.model!r}, id", entity.id
        yield from (
            (f"entity {entity.model!r}, {COLUMN}{name!r}", words) for name, words in entity.columns.items()
        )
    for name, event in vendor.events.items():
        for word in ("id", "ended", "merged"):
            yield f"event {name!r}, {word}", getattr(event, word)
        yield from ((f"event {name!r}, {COLUMN}{column!r}", words) for column, words in event.columns.items())


def _find_slip(word: str, *, is_column: bool) -> str:
    """Return what is wrong with a path; empty if nothing is."""
    if word.count("'") % 2:
        return "has a quote that does not end"
    path = parse_path(word)
    # A dot at the end of a path of a column leads to the object that has the conventional keys.
    parts = path.parts[:-1] if is_column and len(path.parts) > 1 and not path.parts[-1] else path.parts
    if not all(parts):
        return "has an empty key"
    if word.startswith(KEY_MARK) and not path.is_rooted and len(word) < 4 and word[1:].isdigit():
        return "counts from 1: the first * of batch is @1"
    return ""
