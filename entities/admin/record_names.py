"""A record's name as pages show it, marked unless the record is live: it may be deleted, or a placeholder."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, line_cell, shorten
from entities.models import Record


def state_word(record: Record) -> str:
    """Return "deleted", "placeholder", or an empty string for a live record."""
    return "deleted" if record.is_deleted else "placeholder" if record.is_placeholder else ""


def state_badge(record: Record) -> SafeString:
    """Render the record's state as a badge; nothing for a live record."""
    word = state_word(record)
    return format_html(" {}", badge_cell(word)) if word else SafeString()


def name_cell(record: Record) -> SafeString:
    """Render the record's name as one short line, with the badge of its state."""
    return line_cell(str(record)) + state_badge(record)


def name_text(record: Record) -> str:
    """Return the record's name as a short text, with its state in brackets."""
    word = state_word(record)
    return f"{shorten(str(record))} ({word})" if word else shorten(str(record))
