"""Parses and writes bodies in the format in which their vendor writes them: strict JSON, or a form. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from entities.reading.envelopes.strict_json import MAX_DEPTH, Malformed, make_storable, parse_json
from entities.vendor_language import BodyFormat

# Fields of one form. More are the work of somebody who tries the endpoint.
MAX_FIELDS: Final = 20_000
# `contact[emails][0]` has the keys contact, emails and 0.
BRACKETS = re.compile(r"\[([^\[\]]*)\]")
# An index of a list: more digits than any list has items make a key as any other.
INDEX = re.compile(r"\d{1,9}", re.ASCII)


def parse_body(body: bytes, body_format: BodyFormat) -> Any:
    """Return the value in a body. Raises Malformed."""
    return parse_json(body) if body_format is BodyFormat.JSON else parse_form(body)


def write_body(content: Any, body_format: BodyFormat, *, escapes: bool = False) -> bytes:
    """Return the body with this JSON value; of a form, an object whose values become texts.

    escapes: whether JSON has escapes in place of all that is not ASCII. What UTF-8 has no bytes for is `?`.
    """
    if body_format is BodyFormat.JSON:
        return json.dumps(content, ensure_ascii=escapes).encode(errors="replace")
    return urlencode(list(_list_fields("", content)), errors="replace").encode()


def _list_fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form; an empty object or list has none."""
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in members:
            yield from _list_fields(f"{name}[{key}]" if name else str(key), inner)
    else:
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        yield name, text


def parse_form(body: bytes) -> dict[str, Any]:
    """Return the fields of a form as one object, with objects and lists where their names have brackets.

    All values are texts. A name that comes twice, or ends in `[]`, is a list. Raises Malformed.
    """
    try:
        text = body.decode()
        fields = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise Malformed(f"not a form: {error}") from error
    if not fields:
        raise Malformed("not a form: it has no field")
    content = _Members()
    for name, value in fields:
        keys = _split_name(name)
        if len(keys) > MAX_DEPTH:
            raise Malformed(f"not read: nested deeper than {MAX_DEPTH} levels")
        _put(content, keys, value)
    return make_storable({key: _make_lists(value) for key, value in content.items()})


def _split_name(name: str) -> list[str | None]:
    """Return the keys in a field's name; None for `[]`, which is the next index."""
    start, bracket, _ = name.partition("[")
    inner = BRACKETS.findall(name[len(start) :])
    is_nested = bool(bracket) and bool(start) and name == start + "".join(f"[{key}]" for key in inner)
    return [start, *(key or None for key in inner)] if is_nested else [name]


class _Members(dict[str, Any]):
    """The members of an object or a list. A list is an object with its indexes as keys until all is known.

    next_index: 1 + the greatest index, so that an item without an index writes over no other. It is kept,
    because a form may have MAX_FIELDS items.
    """

    next_index = 0

    def put(self, key: str | None, value: Any) -> None:
        """Add a member. key: None for the next index."""
        key = str(self.next_index) if key is None else key
        self[key] = value
        if INDEX.fullmatch(key):
            self.next_index = max(self.next_index, int(key) + 1)


def _put(content: _Members, keys: list[str | None], value: str) -> None:
    """Put a value under nested keys."""
    *outer, last = keys
    for key in outer:
        if key is None or key not in content:
            inner = _Members()
            content.put(key, inner)
        elif not isinstance(inner := content[key], _Members):
            # A field that is a text and an object at once: the text stands under an empty key.
            inner = content[key] = _Members({"": inner})
        content = inner
    if last is None or last not in content:
        content.put(last, value)
    else:
        content[last] = _append(content[last], value)


def _append(before: Any, value: str) -> _Members:
    items = before
    if not isinstance(items, _Members):
        items = _Members()
        items.put(None, before)
    items.put(None, value)
    return items


def _make_lists(content: Any) -> Any:
    """Return the content with a list for each object whose keys are the indexes from 0 on."""
    if not isinstance(content, dict):
        return content
    inner = {key: _make_lists(value) for key, value in content.items()}
    is_list = bool(inner) and all(key == str(place) for place, key in enumerate(inner))
    return list(inner.values()) if is_list else inner
