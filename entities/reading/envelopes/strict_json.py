"""Parses a body as strict JSON (RFC 8259), of a bounded depth. Pure."""

import json
import re
from contextlib import nullcontext
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from crmmirror.lib.paused_gc import paused_gc

MAX_DEPTH = 100
# Python refuses to read an integer of more than 4,300 digits; a Decimal takes any.
MAX_INTEGER_DIGITS = 4000
# Bytes. Smaller bodies make too few containers for the collector to matter.
LARGE_BODY = 100_000
# A tuple is checked twice as fast as a union, and 0.9 MB may have 400,000 arrays.
CONTAINERS = (dict, list)
# Of JSON.
WHITE_SPACE = " \t\n\r"

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# The JSON escapes of such characters. Also matches half of a surrogate pair, which can be stored:
# the pattern only decides whether the content is searched.
ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class Malformed(ValueError):
    """The body is not JSON, or not an envelope of this vendor. The message says why."""


def parse_json(body: bytes) -> Any:
    """Parse the JSON value in `body`, in any Unicode encoding. Raises Malformed."""
    with paused_gc() if len(body) > LARGE_BODY else nullcontext():
        try:
            text = body.decode(_detect_encoding(body))
            content = _decode(text)
        except RecursionError:
            raise Malformed(f"not read: nested deeper than {MAX_DEPTH} levels") from None
        except ValueError as error:
            raise Malformed(f"not JSON: {error}") from error
        if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper_than(content, MAX_DEPTH):
            raise Malformed(f"not read: nested deeper than {MAX_DEPTH} levels")
        return make_storable(content) if "\\u" in text and ESCAPED.search(text) else content


def _detect_encoding(body: bytes) -> str:
    # Speed: nearly every body begins so, and then it can be nothing else.
    return "utf-8" if body[:1] == b"{" and body[1:2] != b"\0" else json.detect_encoding(body)


def _decode(text: str) -> Any:
    """Return the value in a text. Raises ValueError and RecursionError.

    Speed: `decode` searches for white space on both sides of the value.
    """
    if text[:1] == "{":
        content, end = DECODER.raw_decode(text)
        if end == len(text) or not text[end:].strip(WHITE_SPACE):
            return content
    return DECODER.decode(text)


def _parse_integer(literal: str) -> int | Decimal:
    return int(literal) if len(literal) <= MAX_INTEGER_DIGITS else Decimal(literal)


def _parse_number(literal: str) -> Decimal | str:
    """Return the number; its text if no Decimal has such an exponent."""
    try:
        return Decimal(literal)
    except InvalidOperation:
        return literal


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _is_deeper_than(content: object, limit: int) -> bool:
    """Return True if the content has more levels. Walks level by level, since recursion could be too deep."""
    level: list[Any] = [content] if isinstance(content, CONTAINERS) else []
    for _ in range(limit):
        children = (parent.values() if isinstance(parent, dict) else parent for parent in level)
        level = [child for group in children for child in group if isinstance(child, CONTAINERS)]
    return bool(level)


def make_storable(content: Any) -> Any:
    """Return the content with U+FFFD for each character that PostgreSQL cannot store."""
    if isinstance(content, str):
        return UNSTORABLE.sub("\ufffd", content)
    if isinstance(content, list):
        return [make_storable(item) for item in content]
    if isinstance(content, dict):
        return {make_storable(key): make_storable(value) for key, value in content.items()}
    return content


DECODER = json.JSONDecoder(
    parse_float=_parse_number, parse_int=_parse_integer, parse_constant=_refuse_constant
)
