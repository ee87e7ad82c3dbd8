"""Paths: where a value stands in a JSON document. Pure.

A path is a word of keys with dots between them, `stage.name`. A number counts into a list, `emails.0.value`.
A `/` at the beginning starts at the root of the body instead of the payload, `/meta.entity_id`. A dot alone
is the value itself. Spaces separate alternatives, preferred first: `title name`.
"""

from functools import cache
from typing import Any, Final, NamedTuple

ROOT: Final = "/"
ITSELF: Final = "."
ABSENT: Final = object()
"""Stands for the value of a path that leads nowhere. Null is a value."""
# Digits of an index. No body has a list of more items.
MAX_INDEX_DIGITS = 9


class Path(NamedTuple):
    """A parsed path. place: as it is written. parts: its keys and indexes, in order."""

    place: str
    parts: tuple[str, ...]
    is_rooted: bool


@cache
def parse_path(word: str) -> Path:
    """Parse one path."""
    is_rooted = word.startswith(ROOT)
    text = word.removeprefix(ROOT)
    return Path(word, () if text in ("", ITSELF) else tuple(text.split(".")), is_rooted)


@cache
def parse_paths(words: str) -> tuple[Path, ...]:
    """Parse alternatives, which spaces separate."""
    return tuple(map(parse_path, words.split()))


def join_parts(parts: tuple[str, ...]) -> str:
    """Return the place of these keys and indexes."""
    return ".".join(parts)


def step(content: Any, part: str) -> Any:
    """Return what stands under a key of an object, or under an index of a list; ABSENT if nothing does."""
    if isinstance(content, dict):
        return content.get(part, ABSENT)
    if isinstance(content, list) and part.isascii() and part.isdigit() and len(part) <= MAX_INDEX_DIGITS:
        index = int(part)
        return content[index] if index < len(content) else ABSENT
    return ABSENT


def follow(content: Any, path: Path, root: Any = ABSENT) -> Any:
    """Return the value at a path of `content`; ABSENT if it leads nowhere.

    root: where a path with a leading `/` starts; without it, such a path leads nowhere.
    """
    value = root if path.is_rooted else content
    for part in path.parts:
        value = step(value, part)
    return value
