"""The paths of columns: those that a vendor's table names, and those that need not be named. Pure."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Final

from entities.reading.paths import ITSELF, ROOT, Path, join_parts, parse_path, parse_paths, split_words
from entities.vendor_language import Spelling, Vendor


def column_paths(
    column: str, words: str, columns: Container[str] = (), spelling: Spelling = Spelling.CAMEL_CASE
) -> tuple[Path, ...]:
    """Return the vendor's own paths of a column, then the conventional ones, without duplicates.

    words: the vendor's paths, separated by spaces. columns: all columns of the entity.
    """
    conventional = tuple(_conventional_keys(column, columns, spelling))
    words_in_order = [inner for word in split_words(words) for inner in _expand(word, conventional)]
    return tuple(dict.fromkeys(map(parse_path, (*words_in_order, *conventional))))


def _expand(word: str, conventional: tuple[str, ...]) -> Iterable[str]:
    """Return the path; one that ends in a dot leads to the object that has the conventional keys."""
    is_object = word.endswith(".") and word != ITSELF
    return [word + key for key in conventional] if is_object else [word]


def reference_paths(column: str, words: str, spelling: Spelling) -> tuple[Path, ...]:
    """Return the vendor's own paths of a reference; the conventional ones where it names none.

    words: the vendor's paths, separated by spaces.
    """
    conventional = (spell(f"{column}_id", spelling), spell(column, spelling))
    expanded = [inner for word in split_words(words) for inner in _expand(word, conventional)]
    return tuple(map(parse_path, expanded or conventional))


def spell_copy(reference: str, key: str, spelling: Spelling) -> str:
    """Return the key of a copy beside a reference: `leadName`, or `lead_name`."""
    name = spell(reference, spelling).replace("'", "")
    joint = JOINTS[spelling]
    return name + (joint + key if joint else key[0].upper() + key[1:])


def spell(name: str, spelling: Spelling) -> str:
    """Return a column's name as the vendor spells it."""
    return SPELLINGS[spelling](name)


def to_camel_case(name: str) -> str:
    """Return the camelCase form of a snake_case name."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


SPELLINGS: Final[Mapping[Spelling, Callable[[str], str]]] = {
    Spelling.CAMEL_CASE: to_camel_case,
    Spelling.SNAKE_CASE: str,
    Spelling.PASCAL_CASE: lambda name: "".join(part.capitalize() for part in name.split("_")),
    Spelling.KEBAB_CASE: lambda name: name.replace("_", "-"),
    Spelling.UPPER_CASE: str.upper,
    Spelling.CAPITALIZED: lambda name: "_".join(part.capitalize() for part in name.split("_")),
    Spelling.WORDS: lambda name: f"'{name.replace('_', ' ').title()}'",
}
"""Spelling -> a function that writes a column's name. A name with a space is quoted, as paths need it."""
JOINTS: Final[Mapping[Spelling, str]] = {
    Spelling.CAMEL_CASE: "",
    Spelling.SNAKE_CASE: "_",
    Spelling.PASCAL_CASE: "",
    Spelling.KEBAB_CASE: "-",
    Spelling.UPPER_CASE: "_",
    Spelling.CAPITALIZED: "_",
    Spelling.WORDS: " ",
}
"""The separator of the words of a name, in each spelling."""


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
    if path.start not in ("", ROOT):
        return
    for payload in parse_paths(vendor.payload):
        outer = payload.parts
        has_one_start = path.start == payload.start or not vendor.batch
        if has_one_start and len(path.parts) > len(outer) and path.parts[: len(outer)] == outer:
            yield join_parts(path.parts[len(outer) :])


def _scope_paths(vendor: Vendor) -> Iterator[Path]:
    """Yield the paths of the id of the event's sub-account, and of its columns."""
    if vendor.scope is not None:
        yield from parse_paths(vendor.scope.id)
        for column, words in vendor.scope.columns.items():
            yield from column_paths(column, words, vendor.scope.columns, vendor.spelling)
