"""An event's bytes, readably: what is shown is what was sent, indented but otherwise as it was.

JSON is laid out by its lexemes and not by its values, so that numbers, escapes and repeated keys
look as the vendor wrote them. Whatever the size of the body, what is shown stays within bounds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crmmirror.lib.admin_kit.cells import escape_invisible, truncate

MAX_HTML = 160 * 1024
MAX_TEXT = 64 * 1024
MAX_HEX = 4 * 1024
MAX_INDENT = 24
LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+', re.DOTALL)
OPENING = ("{", "[")
CLOSING = ("}", "]")
BETWEEN = (":", ",")
HEX_WIDTH = 16


@dataclass(frozen=True)
class RenderedBody:
    """kind: "JSON", "text" or "bytes"; cut: whether the body goes on."""

    kind: str
    html: SafeString
    cut: bool


def render_body(body: bytes) -> RenderedBody:
    try:
        decoded = body.decode()
    except UnicodeDecodeError:
        return RenderedBody("bytes", format_html("{}", _hex(body[:MAX_HEX])), len(body) > MAX_HEX)
    if _is_json(decoded):
        return _laid_out(decoded)
    return RenderedBody(
        "text", format_html("{}", escape_invisible(decoded[:MAX_TEXT])), len(decoded) > MAX_TEXT
    )


def _is_json(text: str) -> bool:
    """Whether it is an object or array that Python's parser takes, nesting included."""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _laid_out(text: str) -> RenderedBody:
    pieces: list[str] = []
    size = 0
    for piece in _pieces(text):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_HTML:
            return RenderedBody("JSON", mark_safe("".join(pieces)), True)  # noqa: S308
    return RenderedBody("JSON", mark_safe("".join(pieces)), False)  # noqa: S308


def _pieces(text: str) -> Iterator[str]:
    """Escaped HTML, lexeme by lexeme; nothing of the text is read before it is asked for."""
    depth = 0
    before = ""
    lexemes = (found[0] for found in LEXEME.finditer(text))
    for lexeme, after in pairwise(chain(lexemes, [""])):
        if lexeme in OPENING:
            depth += 1
            yield lexeme if after in CLOSING else lexeme + _line(depth)
        elif lexeme in CLOSING:
            depth -= 1
            yield lexeme if before in OPENING else _line(depth) + lexeme
        elif lexeme in BETWEEN:
            yield "," + _line(depth) if lexeme == "," else ": "
        else:
            yield _scalar(lexeme, is_key=after == ":")
        before = lexeme


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, MAX_INDENT)


def _scalar(lexeme: str, is_key: bool) -> str:
    kind = "key" if is_key else "string" if lexeme.startswith('"') else "number"
    return format_html('<span class="json-{}">{}</span>', kind, truncate(lexeme, MAX_TEXT))


def _hex(body: bytes) -> str:
    """Offset, bytes, and what of them is printable ASCII."""
    rows = (body[start : start + HEX_WIDTH] for start in range(0, len(body), HEX_WIDTH))
    return "\n".join(
        f"{place * HEX_WIDTH:08x}  {row.hex(' '):<{HEX_WIDTH * 3}} {_printable(row)}"
        for place, row in enumerate(rows)
    )


def _printable(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
