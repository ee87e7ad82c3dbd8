"""The paths of columns: those that a vendor's table names, and those that need not be named. Pure."""

from collections.abc import Container, Iterator

from entities.reading.paths import Path, join_parts, parse_path, parse_paths
from entities.vendor_language import Spelling, Vendor


def column_paths(
    column: str, words: str, columns: Container[str] = (), spelling: Spelling = Spelling.CAMEL_CASE
) -> tuple[Path, ...]:
    """Return the vendor's own paths of a column, then the conventional ones, without duplicates.

    words: the vendor's paths, separated by spaces. columns: all columns of the entity.
    """
    words_in_order = (*words.split(), *_conventional_keys(column, columns, spelling))
    return tuple(dict.fromkeys(map(parse_path, words_in_order)))


def spell(name: str, spelling: Spelling) -> str:
    """Return a column's name as the vendor spells it."""
    return to_camel_case(name) if spelling is Spelling.CAMEL_CASE else name


def to_camel_case(name: str) -> str:
    """Return the camelCase form of a snake_case name."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _conventional_keys(column: str, columns: Container[str], spelling: Spelling) -> Iterator[str]:
    stem, _, suffix = column.rpartition("_")
    if suffix == "ref":
        yield from (spell(f"{stem}_id", spelling), f"{spell(stem, spelling)}.id")
    else:
        yield spell(column, spelling)
    if suffix == "name" and (stem in columns or f"{stem}_ref" in columns):
        yield f"{spell(stem, spelling)}.name"


def envelope_places(vendor: Vendor) -> Iterator[str]:
    """Yield the places in a payload of what describes the event, its delivery or its sub-account."""
    for words in (*vendor.type_parts, vendor.time):
        for path in parse_paths(words):
            yield from _places_in_payload(vendor, path)
    for path in (*parse_paths(vendor.delivery_keys), *_scope_paths(vendor)):
        yield from payload_places(vendor, path)


def payload_places(vendor: Vendor, path: Path) -> Iterator[str]:
    """Yield the places in a payload to which a path of a column leads, also where it starts at the root."""
    if path.is_rooted:
        yield from _places_in_payload(vendor, path)
    else:
        yield path.place


def outer_places(path: Path) -> Iterator[str]:
    """Yield the places of the objects and lists through which a path leads into a payload."""
    if not path.is_rooted:
        for count in range(1, len(path.parts)):
            yield join_parts(path.parts[:count])


def _places_in_payload(vendor: Vendor, path: Path) -> Iterator[str]:
    """Yield where a path that starts at the event, or at the root of the body, leads within the payload."""
    for payload in parse_paths(vendor.payload):
        outer = payload.parts
        has_one_start = path.is_rooted == payload.is_rooted or not vendor.batch
        if has_one_start and len(path.parts) > len(outer) and path.parts[: len(outer)] == outer:
            yield join_parts(path.parts[len(outer) :])


def _scope_paths(vendor: Vendor) -> Iterator[Path]:
    """Yield the paths of the id of the event's sub-account, and of its columns."""
    if vendor.scope is not None:
        yield from parse_paths(vendor.scope.id)
        for column, words in vendor.scope.columns.items():
            yield from column_paths(column, words, vendor.scope.columns, vendor.spelling)
