"""Paths: where a value stands in a JSON document. Pure.

A path is a word of keys with dots between them, `stage.name`. In a list, a number counts, `emails.0.value`,
and `key=value` chooses the first object that has this value, `emails.type=work.value`. `json()` reads a text
that is JSON. A key with a space or a dot in it stands in quotes, `'Lead Source'`. A dot alone is the value
itself. Spaces separate alternatives, preferred first: `title name`.

A path starts at the payload, or elsewhere: with `/` at the root of the body, with `../` at the object around
the event, and as `@1` at the key that the first `*` of the list of events stood for (see `Surroundings`).
"""

import re
from functools import cache
from typing import Any, Final, NamedTuple

from entities.reading.envelopes.strict_json import Malformed, parse_json

ROOT: Final = "/"
OUTER: Final = "../"
KEY_MARK: Final = "@"
ITSELF: Final = "."
PARSED: Final = "json()"
ABSENT: Final = object()
"""Stands for the value of a path that leads nowhere. Null is a value."""
# Digits of an index. No body has a list of more items.
MAX_INDEX_DIGITS = 9

# A quoted text may have spaces and dots.
WORD = re.compile(r"(?:'[^']*'|[^\s'])+|'")
DOT = re.compile(r"\.(?=(?:[^']*'[^']*')*[^']*$)")
KEY_OF_LIST = re.compile(r"@[1-9]\d?")


class Path(NamedTuple):
    """A parsed path. place: its keys and indexes with dots between them, behind its start.

    start: empty for the payload, ROOT, OUTER as often as it is written, or `@` and a number. parts: its keys
    and indexes, in order. is_rooted: whether it starts elsewhere than at the payload.
    """

    place: str
    parts: tuple[str, ...]
    is_rooted: bool
    start: str = ""


class Surroundings(NamedTuple):
    """The values around an event in its body. body: the whole. outers: the objects around it, nearest first.

    keys: the keys and indexes that the `*` in the path of the list of events stood for.
    """

    body: Any
    outers: tuple[Any, ...] = ()
    keys: tuple[str, ...] = ()


NOWHERE: Final = Surroundings(ABSENT)


@cache
def split_words(words: str) -> tuple[str, ...]:
    """Return the alternatives, which spaces separate."""
    return tuple(WORD.findall(words))


@cache
def parse_path(word: str) -> Path:
    """Parse one path."""
    start, text = _split_start(word)
    parts = () if text in ("", ITSELF) else tuple(part.replace("'", "") for part in DOT.split(text))
    return Path(start + join_parts(parts) if parts else word, parts, bool(start), start)


@cache
def parse_paths(words: str) -> tuple[Path, ...]:
    """Parse alternatives, which spaces separate."""
    return tuple(map(parse_path, split_words(words)))


def quote_key(key: str) -> str:
    """Return a key as a path writes it: in quotes if it has a space or a dot."""
    return f"'{key}'" if " " in key or "." in key else key


def _split_start(word: str) -> tuple[str, str]:
    if KEY_OF_LIST.fullmatch(word):
        return word, ""
    if word.startswith(ROOT):
        return ROOT, word.removeprefix(ROOT)
    text = word
    while text.startswith(OUTER):
        text = text.removeprefix(OUTER)
    return word[: len(word) - len(text)], text


def join_parts(parts: tuple[str, ...]) -> str:
    """Return the place of these keys and indexes."""
    return ".".join(parts)


def step(content: Any, part: str) -> Any:
    """Return what stands under a key of an object, or under an index of a list; ABSENT if nothing does."""
    if isinstance(content, dict):
        return content.get(part, ABSENT)
    if isinstance(content, list):
        return _step_into_list(content, part)
    return _parse_text(content) if part == PARSED and isinstance(content, str) else ABSENT


def _step_into_list(items: list[Any], part: str) -> Any:
    if part.isascii() and part.isdigit() and len(part) <= MAX_INDEX_DIGITS:
        index = int(part)
        return items[index] if index < len(items) else ABSENT
    key, is_choice, value = part.partition("=")
    if not is_choice:
        return ABSENT
    return next((item for item in items if isinstance(item, dict) and _is_text(item.get(key), value)), ABSENT)


def _is_text(value: Any, text: str) -> bool:
    """Return True if a path writes this value so: a text or a number as it is, a flag as true or false."""
    if isinstance(value, bool):
        return str(value).lower() == text
    return isinstance(value, str | int) and str(value) == text


def _parse_text(text: str) -> Any:
    try:
        return parse_json(text.encode())
    except Malformed:
        return ABSENT


def follow(content: Any, path: Path, root: Any = ABSENT) -> Any:
    """Return the value at a path of `content`; ABSENT if it leads nowhere.

    root: the event's Surroundings; without them, a path that starts elsewhere leads nowhere.
    """
    value = _find_start(path.start, root) if path.is_rooted else content
    for part in path.parts:
        # Speed: nearly every step is into an object.
        value = value.get(part, ABSENT) if isinstance(value, dict) else step(value, part)
    return value


def _find_start(start: str, root: Any) -> Any:
    if not isinstance(root, Surroundings):
        return ABSENT
    if start == ROOT:
        return root.body
    if start.startswith(KEY_MARK):
        number = int(start.removeprefix(KEY_MARK))
        return root.keys[number - 1] if number <= len(root.keys) else ABSENT
    level = start.count(OUTER)
    return root.outers[level - 1] if level <= len(root.outers) else ABSENT
