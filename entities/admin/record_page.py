"""The content of a record's page, as values that its template only lays out."""

from dataclasses import dataclass

from django.core.paginator import Page as TimelinePage
from django.http import HttpRequest
from django.utils.safestring import SafeString

from entities.access.visibility import viewer_of
from entities.admin.conversations.record_conversations import (
    RecordConversations,
    build_record_conversations,
)
from entities.admin.former_values import FormerValues, build_former_values, read_former_values
from entities.admin.naming.name_cells import read_name_cells
from entities.admin.record_head.answer import Answer
from entities.admin.record_head.head import RecordHead, build_head
from entities.admin.record_head.strip import build_strip
from entities.admin.record_links import event_links, name_text, state_badge, timeline_url
from entities.admin.referrers import Referrer, find_referrers
from entities.admin.row_groups import RowGroup, ValueOrigin, build_row_groups, make_origin
from entities.admin.search.same_persons_block import SamePersonsBlock, build_same_persons
from entities.admin.timeline_page import (
    TimelineRow,
    list_values,
    make_timeline_rows,
    read_timeline_page,
)
from entities.merge.registers import EXISTS
from entities.models import Record
from entities.names import record_ids, value_ids
from entities.provenance import find_provenance


@dataclass(frozen=True)
class RecordPage:
    """A record's values in groups, the records that refer to it, its history and its newest events.

    head, strip: what stands above all else. badge: the record's state; empty for a live one.
    sub_account: its name; empty if the record has none.
    deletion: the event that deleted the record; None for a live one.
    same_persons: the records that may be the same person or company; None if there are none.
    conversations: those of the record; None if there are none.
    """

    record: Record
    head: RecordHead
    strip: tuple[Answer, ...]
    badge: SafeString
    sub_account: str
    deletion: ValueOrigin | None
    groups: tuple[RowGroup, ...]
    referrers: tuple[Referrer, ...]
    histories: tuple[FormerValues, ...]
    same_persons: SamePersonsBlock | None
    conversations: RecordConversations | None
    timeline: TimelinePage
    timeline_rows: list[TimelineRow]
    timeline_url: str


def build_record_page(request: HttpRequest, record: Record) -> RecordPage:
    """Read all that a record's page shows; the number of queries does not grow with the events."""
    links = event_links(request.user, record)
    origins = {name: make_origin(provenance, links) for name, provenance in find_provenance(record).items()}
    runs = read_former_values(record)
    timeline = read_timeline_page(record, "1")
    former = ((column, run.value) for column in runs for run in runs[column])
    shown = value_ids(record, [*former, *list_values(timeline)])
    cells = read_name_cells(request, [*record_ids(record), *shown])
    account = record.sub_account
    return RecordPage(
        record=record,
        head=build_head(record, cells.names),
        strip=build_strip(request, record, cells),
        badge=state_badge(record),
        sub_account=name_text(account, cells.names.find_own(account)) if account else "",
        deletion=origins.get(EXISTS) if record.is_deleted else None,
        groups=tuple(build_row_groups(record, origins, cells)),
        referrers=tuple(find_referrers(record, viewer_of(request))),
        histories=tuple(build_former_values(record, column, runs[column], cells, links) for column in runs),
        same_persons=build_same_persons(record, viewer_of(request)),
        conversations=build_record_conversations(request, record),
        timeline=timeline,
        timeline_rows=make_timeline_rows(record, timeline, cells, links),
        timeline_url=timeline_url(record),
    )
