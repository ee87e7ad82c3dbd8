"""Formats an event's body as HTML for people: indented, but otherwise exactly as it was sent.

JSON is formatted lexeme by lexeme and not from its parsed values, so that numbers, escapes and repeated keys
look as the vendor wrote them. The HTML is bounded, whatever the size of the body.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crmmirror.lib.admin_kit.cells import escape_invisible, truncate
from crmmirror.lib.paused_gc import paused_gc

MAX_HTML_LENGTH = 160 * 1024
MAX_TEXT_LENGTH = 64 * 1024
MAX_HEX_BYTES = 4 * 1024
MAX_INDENT = 24
LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+', re.DOTALL)
OPENING = ("{", "[")
CLOSING = ("}", "]")
SEPARATORS = (":", ",")
HEX_WIDTH = 16


@dataclass(frozen=True)
class RenderedBody:
    """A body as HTML.

    kind: "JSON", "text" or "bytes". is_cut: True if the body is longer than what is shown.
    """

    kind: str
    html: SafeString
    is_cut: bool


def render_body(body: bytes) -> RenderedBody:
    """Render a body as indented JSON, as text, or as a hex dump, whichever fits it first."""
    try:
        decoded = body.decode()
    except UnicodeDecodeError:
        return RenderedBody(
            "bytes", format_html("{}", _hex_dump(body[:MAX_HEX_BYTES])), len(body) > MAX_HEX_BYTES
        )
    if _is_json(decoded):
        return _render_json(decoded)
    return RenderedBody(
        "text", format_html("{}", escape_invisible(decoded[:MAX_TEXT_LENGTH])), len(decoded) > MAX_TEXT_LENGTH
    )


def _is_json(text: str) -> bool:
    """Return True for an object or array that Python can parse: nesting that is too deep fails too."""
    try:
        with paused_gc():
            return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _render_json(text: str) -> RenderedBody:
    pieces: list[str] = []
    length = 0
    for piece in _indent_lexemes(text):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_HTML_LENGTH:
            break
    return RenderedBody("JSON", mark_safe("".join(pieces)), length > MAX_HTML_LENGTH)  # noqa: S308


def _indent_lexemes(text: str) -> Iterator[str]:
    """Yield escaped HTML, lexeme by lexeme. Lazy, so that only the shown part of a large body is read."""
    depth = 0
    previous = ""
    lexemes = (match[0] for match in LEXEME.finditer(text))
    for lexeme, following in pairwise(chain(lexemes, [""])):
        if lexeme in OPENING:
            depth += 1
            yield lexeme if following in CLOSING else lexeme + _new_line(depth)
        elif lexeme in CLOSING:
            depth -= 1
            yield lexeme if previous in OPENING else _new_line(depth) + lexeme
        elif lexeme in SEPARATORS:
            yield "," + _new_line(depth) if lexeme == "," else ": "
        else:
            yield _scalar_html(lexeme, is_key=following == ":")
        previous = lexeme


def _new_line(depth: int) -> str:
    return "\n" + "  " * min(depth, MAX_INDENT)


def _scalar_html(lexeme: str, is_key: bool) -> str:
    kind = "key" if is_key else "string" if lexeme.startswith('"') else "number"
    return format_html('<span class="json-{}">{}</span>', kind, truncate(lexeme, MAX_TEXT_LENGTH))


def _hex_dump(body: bytes) -> str:
    """Return lines of: offset, bytes in hex, and the same bytes as printable ASCII."""
    rows = (body[start : start + HEX_WIDTH] for start in range(0, len(body), HEX_WIDTH))
    return "\n".join(
        f"{number * HEX_WIDTH:08x}  {row.hex(' '):<{HEX_WIDTH * 3}} {_printable_ascii(row)}"
        for number, row in enumerate(rows)
    )


def _printable_ascii(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
