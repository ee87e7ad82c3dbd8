"""The content of a record's page, as values that its template only lays out."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.access.visibility import viewer_of
from entities.admin.conversations.record_conversations import (
    RecordConversations,
    build_record_conversations,
)
from entities.admin.naming.name_cells import read_name_cells
from entities.admin.record_columns import attach_parties
from entities.admin.record_head.answer import Answer
from entities.admin.record_head.head import RecordHead, build_head
from entities.admin.record_head.record_answers import StripView
from entities.admin.record_head.strip import build_strip
from entities.admin.record_links import EventLinks, event_links, name_text, state_badge
from entities.admin.record_page.facts import FactGroup, build_facts, shown_history
from entities.admin.record_page.related_records import RelatedGroup, build_related, read_related
from entities.admin.record_page.survivor import find_survivor
from entities.admin.record_timeline.timeline import Timeline, build_timeline, read_timeline
from entities.admin.search.same_persons_block import SamePersonsBlock, build_same_persons
from entities.merge.registers import EXISTS
from entities.models import Record
from entities.names import record_ids, value_ids
from entities.provenance import Provenance, read_history


@dataclass(frozen=True)
class Deletion:
    """The event that deleted a record. url: of its page; empty if the viewer may not open it."""

    at: SafeString
    event_type: str
    url: str


@dataclass(frozen=True)
class RecordPage:
    """A record's values in groups, the records that refer to it, its history and its newest events.

    head, strip: what stands above all else. badge: the record's state; empty for a live one.
    sub_account: its name; empty if the record has none.
    deletion: the event that deleted the record; None for a live one.
    survivor: the record into which this deleted one was merged; empty if it was not.
    same_persons: the records that may be the same person or company; None if there are none.
    conversations: those of the record; None if there are none.
    """

    record: Record
    head: RecordHead
    strip: tuple[Answer, ...]
    badge: SafeString
    sub_account: str
    deletion: Deletion | None
    survivor: SafeString
    facts: list[FactGroup]
    related: tuple[RelatedGroup, ...]
    same_persons: SamePersonsBlock | None
    conversations: RecordConversations | None
    timeline: Timeline


def build_record_page(request: HttpRequest, record: Record) -> RecordPage:
    """Read all that a record's page shows; the number of queries does not grow with the events."""
    attach_parties([record])
    links = event_links(request.user)
    history = read_history(record, shown_history(record))
    timeline = read_timeline(request, record)
    related = read_related(request, record)
    survivor = find_survivor(viewer_of(request), record)
    survivor_ids = record_ids(survivor.record) if survivor and survivor.record else ()
    related_ids = (named for group in related for row in group.records for named in record_ids(row))
    former = ((column, written.value) for column, writes in history.writes.items() for written in writes)
    ids = [
        *record_ids(record),
        *value_ids(record, former),
        *timeline.named_ids(),
        *related_ids,
        *survivor_ids,
    ]
    cells = read_name_cells(request, ids)
    account = record.sub_account
    return RecordPage(
        record=record,
        head=build_head(record, cells.names),
        strip=build_strip(StripView(request, cells, history), record),
        badge=state_badge(record),
        sub_account=name_text(account, cells.names.find_own(account)) if account else "",
        deletion=_describe_deletion(record, history.origins.get(EXISTS), links),
        survivor=survivor.show(cells.names) if survivor else SafeString(),
        facts=build_facts(record, history, cells, links),
        related=tuple(build_related(record, related, cells)),
        same_persons=build_same_persons(record, viewer_of(request)),
        conversations=build_record_conversations(request, record),
        timeline=build_timeline(request, record, timeline, cells),
    )


def _describe_deletion(record: Record, origin: Provenance | None, links: EventLinks) -> Deletion | None:
    if origin is None or not record.is_deleted:
        return None
    return Deletion(
        time_cell(origin.occurred_at), shorten(origin.event_type), links.url(record.source_id, origin)
    )
