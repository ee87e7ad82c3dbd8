"""Names of records, marked unless the record is live, and links to its pages and the events behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, line_cell, shorten
from crmmirror.lib.admin_kit.urls import change_url
from entities.access.visibility import visibility_of, visible_to
from entities.conversation_parties import MAX_PARTIES
from entities.models import Record, TimelineEntry
from entities.models.introspection import model_name
from entities.provenance import timeline_entries

VIEW_EVENT = "events.view_event"
# Of an older event that touched the record the page shows all but the link.
MAX_LINKED_EVENTS = 10_000


def event_url(event_id: int) -> str:
    """Return the address of an event's page."""
    return reverse("admin:events_event_change", args=[event_id])


@dataclass(frozen=True)
class EventLinks:
    """The links to events that a viewer of a record may open.

    visible_ids: the events' ids; None if he may open all of them.
    """

    visible_ids: frozenset[int] | None

    def url(self, event_id: int) -> str:
        """Return the address of an event's page; empty if the viewer may not open it."""
        return event_url(event_id) if self.visible_ids is None or event_id in self.visible_ids else ""


def event_links(viewer: Any, record: Record) -> EventLinks:
    """Return the links to a record's events, in one query if the viewer does not see all of its source."""
    if not viewer.has_perm(VIEW_EVENT):
        return EventLinks(frozenset())
    if visibility_of(viewer).shows(record.source_id, None):
        return EventLinks(None)
    events = TimelineEntry._meta.get_field("event").related_model._default_manager
    touching = events.filter(pk__in=timeline_entries(record).values("event_id"))
    newest = visible_to(viewer, touching).order_by("-pk").values_list("pk", flat=True)
    return EventLinks(frozenset(newest[:MAX_LINKED_EVENTS]))


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
