"""JSON values as nested definition lists, bounded in depth, in items and in text."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import shorten, text_cell, yes_no_cell

MAX_DEPTH = 8
MAX_ITEMS = 300
MAX_TEXT = 2_000


def document_cell(value: Any) -> SafeString:
    return _shown(value, 0, iter(range(MAX_ITEMS)))


def _shown(value: Any, depth: int, budget: Iterator[int]) -> SafeString:
    if not isinstance(value, dict | list):
        return scalar_cell(value)
    if not value:
        return _note("{}" if isinstance(value, dict) else "[]")
    if depth == MAX_DEPTH:
        return _note("… nested deeper: see the event")
    rows = format_html_join("", '<dt dir="auto">{}</dt><dd>{}</dd>', _rows(value, depth, budget))
    return format_html('<dl class="document">{}</dl>', rows)


def scalar_cell(value: Any) -> SafeString:
    if value is None:
        return _note("null")
    if isinstance(value, bool):
        return yes_no_cell(value)
    return text_cell(str(value), MAX_TEXT)


def _rows(
    value: dict[str, Any] | list[Any], depth: int, budget: Iterator[int]
) -> Iterator[tuple[str, SafeString]]:
    items = value.items() if isinstance(value, dict) else enumerate(value, start=1)
    for place, (key, item) in enumerate(items):
        if next(budget, None) is None:
            yield "…", _note(f"and {len(value) - place:,} more: see the event")
            return
        yield shorten(str(key)), _shown(item, depth + 1, budget)


def _note(words: str) -> SafeString:
    return format_html('<span class="nothing">{}</span>', words)
