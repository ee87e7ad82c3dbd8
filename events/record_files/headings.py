"""The columns of the mirror that the headings of a file fill, by the vendor's own words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from entities.reading.paths import Path, step
from entities.reading.plans.entity_plans import EntityPlan

ID = "id"


class UnfitHeadings(Exception):
    """The headings of a file do not fit. The message says why, and what to do."""


@dataclass(frozen=True)
class Target:
    """The column that the values under a heading fill.

    parts: the keys of the record; empty for a heading that is left out. column: the mirror's name of it.
    """

    parts: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class HeadingPlan:
    """The columns that the headings of one kind of record fill.

    words: a heading without its case, spaces and signs -> the target.
    renames: a heading, so simplified -> the target that somebody gave it.
    exact: the keys with which paths begin: those of JSON stay as they are.
    ambiguous: the keys under which the vendor writes an id, or a record: in a table it may be a name.
    """

    words: Mapping[str, Target]
    renames: Mapping[str, Target]
    exact: frozenset[str]
    ambiguous: frozenset[str]

    def find_target(self, heading: str) -> Target | None:
        """Return where a heading's values go; None if the mirror has no column for them."""
        word = simplify(heading)
        return self.renames.get(word) or self.words.get(word)


def plan_headings(plan: EntityPlan, renames: Sequence[str]) -> HeadingPlan:
    """Return the plan for one kind of record. renames: `Heading=column` each. Raises UnfitHeadings."""
    words: dict[str, Target] = {}
    columns: dict[str, Target] = {}
    for column, path in _list_paths(plan):
        if path.parts and not path.is_rooted:
            target = Target(path.parts, column)
            words.setdefault(simplify(path.place), target)
            columns.setdefault(column, target)
    embedded = [(one.name, path) for one in plan.references for path in one.embedded_paths]
    for column, path in embedded:
        columns.setdefault(column, Target(path.parts, column))
    for column, target in columns.items():
        if column not in {name for name, _ in embedded}:
            words.setdefault(simplify(column), target)
    paths = [path for _, path in (*_list_paths(plan), *embedded) if path.parts]
    return HeadingPlan(
        words,
        dict(_read_rename(rename, columns) for rename in renames),
        frozenset(path.parts[0] for path in paths),
        frozenset(path.parts[0] for _, path in embedded if path.parts),
    )


def check_headings(headings: Sequence[str], plan: HeadingPlan) -> None:
    """Raise UnfitHeadings if two headings mean the same, or if one may mean two things."""
    seen: dict[tuple[str, ...], str] = {}
    known = {simplify(heading) for heading in headings}
    for renamed in plan.renames:
        if renamed not in known:
            raise UnfitHeadings(f"--map names a heading that the file lacks; it has {', '.join(headings)}")
    for heading in headings:
        target = plan.find_target(heading)
        if target is None and heading in plan.ambiguous:
            raise UnfitHeadings(
                f"{heading!r} may hold ids or names: say --map '{heading}={heading}' if they are ids, or"
                f" --map '{heading}=' to leave it out"
            )
        other = seen.setdefault(target.parts, heading) if target and target.parts else heading
        if other != heading:
            raise UnfitHeadings(
                f"{other!r} and {heading!r} mean the same: leave one out (--map '{heading}=')"
            )


def place_cells(cells: Mapping[str, Any], plan: HeadingPlan, *, is_nested: bool) -> dict[str, Any]:
    """Return the record that a row's cells make, under the vendor's keys; other cells keep their headings.

    is_nested: whether the cells are those of JSON, whose keys may already be the vendor's.
    """
    record: dict[str, Any] = {}
    for heading, value in cells.items():
        target = plan.find_target(heading)
        is_exact = is_nested and heading in plan.exact and simplify(heading) not in plan.renames
        if target is None or is_exact:
            record[heading] = value
        elif target.parts:
            _set_value(record, target.parts, value)
    return record


def simplify(heading: str) -> str:
    """Return a heading without its case, spaces and signs: `First name` and `firstName` are the same."""
    return "".join(character for character in heading.casefold() if character.isalnum())


def _list_paths(plan: EntityPlan) -> Iterator[tuple[str, Path]]:
    """Yield (column, path), preferred paths first; of references, only those that hold ids."""
    yield from ((ID, path) for path in plan.id)
    for column in plan.columns:
        yield from ((column.name, path) for path in column.paths)
    for reference in plan.references:
        yield from ((reference.name, path) for path in reference.id_paths)


def _read_rename(rename: str, columns: Mapping[str, Target]) -> tuple[str, Target]:
    heading, equals, column = rename.rpartition("=")
    if not equals:
        raise UnfitHeadings(f"--map {rename!r}: write Heading=column, such as 'Full name=name'")
    if not column:
        return simplify(heading), Target((), "")
    if column not in columns:
        raise UnfitHeadings(
            f"--map {rename!r}: there is no column {column!r}; there are {', '.join(columns)}"
        )
    return simplify(heading), columns[column]


def _set_value(record: dict[str, Any], parts: Sequence[str], value: Any) -> None:
    """Set the value at a path, and make the objects and lists on the way."""
    content: Any = record
    for part, following in pairwise(parts):
        inner = step(content, part)
        if not isinstance(inner, dict | list):
            inner = [] if following.isdigit() else {}
            _set_item(content, part, inner)
        content = inner
    _set_item(content, parts[-1], value)


def _set_item(content: Any, part: str, value: Any) -> None:
    if isinstance(content, list):
        content.extend({} for _ in range(int(part) + 1 - len(content)))
        content[int(part)] = value
    else:
        content[part] = value
