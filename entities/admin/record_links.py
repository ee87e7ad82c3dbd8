"""Names of records, marked unless the record is live, and links to its pages and the events behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, line_cell, shorten
from crmmirror.lib.admin_kit.urls import change_url
from entities.access.visibility import NOTHING, Visibility, visibility_of
from entities.conversation_parties import MAX_PARTIES
from entities.models import Record
from entities.models.introspection import model_name
from entities.provenance import Provenance

VIEW_EVENT = "events.view_event"


def event_url(event_id: int) -> str:
    """Return the address of an event's page."""
    return reverse("admin:events_event_change", args=[event_id])


@dataclass(frozen=True)
class EventLinks:
    """The links to events that a viewer of records may open. visibility: of the viewer."""

    visibility: Visibility

    def url(self, source_id: int, origin: Provenance) -> str:
        """Return the address of an event's page; empty if the viewer may not open it."""
        return event_url(origin.event_id) if self.visibility.shows(source_id, origin.scope) else ""

    def list_url(self, record: Record) -> str:
        """Return the address of the list of the events that touched a record; empty as in `url`."""
        if not self.visibility.shows(record.source_id, record.scope):
            return ""
        key = f"{model_name(type(record))}/{record.external_id}"
        return f"{reverse('admin:events_event_changelist')}?{urlencode({'record': key})}"


def event_links(viewer: Any) -> EventLinks:
    """Return the links to events that the viewer may open."""
    return EventLinks(visibility_of(viewer) if viewer.has_perm(VIEW_EVENT) else NOTHING)


def record_link(record: Record, title: str = "") -> SafeString:
    """Return a link to a record's page, under its title or else its name, with the badge of its state."""
    text = line_cell(title or str(record))
    link = format_html('<a href="{}">{}</a>', change_url(type(record), record.pk), text)
    return link + state_badge(record)


def conversation_cell(parties: Sequence[Record]) -> SafeString:
    """Render the parties of the conversation that a record belongs to, as links. It names none of them."""
    links = format_html_join(", ", "{}", ((record_link(party),) for party in parties[:MAX_PARTIES]))
    more = " and more" if len(parties) > MAX_PARTIES else ""
    return format_html('<span class="quiet">in the conversation of</span> {}{}', links, more)


def timeline_url(record: Record) -> str:
    """Return the address of a record's timeline."""
    return reverse(f"admin:entities_{model_name(type(record))}_timeline", args=[record.pk])


def value_url(record: Record, column: str, key: str = "") -> str:
    """Return the address of the page of one value. key: of a document, or of the fields without a column."""
    address = reverse(f"admin:entities_{model_name(type(record))}_value", args=[record.pk])
    return f"{address}?{urlencode({'field': column} | ({'key': key} if key else {}))}"


def state_badge(record: Record) -> SafeString:
    """Render the record's state as a badge; nothing for a live record."""
    word = record.state_word
    return format_html(" {}", badge_cell(word)) if word else SafeString()


def name_cell(record: Record, title: str) -> SafeString:
    """Render a record's title as one short line, with the badge of its state."""
    return line_cell(title) + state_badge(record)


def name_text(record: Record, title: str) -> str:
    """Return a record's title as a short text, with its state in brackets."""
    word = record.state_word
    return f"{shorten(title)} ({word})" if word else shorten(title)
