"""Lists the events of a body: the items of the lists to which a vendor's path of events leads. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from entities.reading.paths import ABSENT, Path, Surroundings, step

ANY_KEY: Final = "*"
"""In the path of a list of events: each key of an object, and each index of a list."""


class ListedEvent(NamedTuple):
    """An event of a body, and what is around it."""

    content: Any
    root: Surroundings


def list_events(body: Any, batch: tuple[Path, ...]) -> list[ListedEvent] | None:
    """Return the events that stand in lists of a body, in order; None if the body is one event.

    batch: the paths of the lists. One that has a `*` may lead to objects too, which are events then.
    """
    if not batch:
        return None
    found = [events for path in batch for events in _follow_all(path, body)]
    return [event for events in found for event in events] if found else None


def _follow_all(path: Path, body: Any) -> Iterator[list[ListedEvent]]:
    """Yield the events of each place to which a path leads."""
    reached = [ListedEvent(body, Surroundings(body))]
    for part in path.parts:
        reached = [inner for outer in reached for inner in _enter(outer, part)]
    for content, root in reached:
        around = root._replace(outers=tuple(outer for outer in root.outers if isinstance(outer, dict)))
        if isinstance(content, list):
            yield [ListedEvent(item, around) for item in content]
        elif isinstance(content, dict) and ANY_KEY in path.parts:
            yield [ListedEvent(content, around)]


def _enter(outer: ListedEvent, part: str) -> Iterator[ListedEvent]:
    """Yield what stands under a key or an index, or under each of them."""
    content, root = outer
    outers = (content, *root.outers)
    if part != ANY_KEY:
        inner = step(content, part)
        if inner is not ABSENT:
            yield ListedEvent(inner, root._replace(outers=outers))
        return
    for key, inner in _list_items(content):
        yield ListedEvent(inner, Surroundings(root.body, outers, (*root.keys, str(key))))


def _list_items(content: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(content, dict):
        return content.items()
    return enumerate(content) if isinstance(content, list) else ()
