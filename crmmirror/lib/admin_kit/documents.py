"""JSON documents as nested definition lists, bounded in depth, in items and in text."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import shorten, text_cell, yes_no_cell

MAX_DEPTH = 8
MAX_ITEMS = 300
MAX_TEXT = 2_000


def document_cell(value: Any) -> SafeString:
    """Render a JSON value of any shape; at most MAX_ITEMS keys and items of it are shown."""
    return _render(value, 0, iter(range(MAX_ITEMS)))


def scalar_cell(value: Any) -> SafeString:
    """Render a JSON value that is neither an object nor an array."""
    if value is None:
        return _remark("null")
    if isinstance(value, bool):
        return yes_no_cell(value)
    return text_cell(str(value), MAX_TEXT)


def _render(value: Any, depth: int, budget: Iterator[int]) -> SafeString:
    """Render a value and all within it. budget: yields once for each item that may still be shown."""
    if not isinstance(value, dict | list):
        return scalar_cell(value)
    if not value:
        return _remark("{}" if isinstance(value, dict) else "[]")
    if depth == MAX_DEPTH:
        return _remark("… nested deeper: see the event")
    rows = format_html_join("", '<dt dir="auto">{}</dt><dd>{}</dd>', _rows(value, depth, budget))
    return format_html('<dl class="document">{}</dl>', rows)


def _rows(
    value: dict[str, Any] | list[Any], depth: int, budget: Iterator[int]
) -> Iterator[tuple[str, SafeString]]:
    items = value.items() if isinstance(value, dict) else enumerate(value, start=1)
    for index, (key, item) in enumerate(items):
        if next(budget, None) is None:
            yield "…", _remark(f"and {len(value) - index:,} more: see the event")
            return
        yield shorten(str(key)), _render(item, depth + 1, budget)


def _remark(text: str) -> SafeString:
    return format_html('<span class="nothing">{}</span>', text)
