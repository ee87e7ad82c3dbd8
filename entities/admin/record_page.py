"""The content of a record's page, as values that its template only lays out."""

from dataclasses import dataclass

from django.core.paginator import Page as TimelinePage
from django.utils.safestring import SafeString

from entities.admin.former_values import FormerValues, build_former_values
from entities.admin.record_links import name_text, state_badge, timeline_url
from entities.admin.referrers import Referrer, find_referrers
from entities.admin.row_groups import RowGroup, ValueOrigin, build_row_groups, make_origin
from entities.admin.timeline_page import get_timeline_page
from entities.merge.registers import EXISTS
from entities.models import Record
from entities.provenance import find_provenance


@dataclass(frozen=True)
class RecordPage:
    """A record's values in groups, the records that refer to it, its history and its newest events.

    badge: the record's state; empty for a live one.
    sub_account: its name; empty if the record has none.
    deletion: the event that deleted the record; None for a live one.
    """

    record: Record
    badge: SafeString
    sub_account: str
    deletion: ValueOrigin | None
    groups: tuple[RowGroup, ...]
    referrers: tuple[Referrer, ...]
    histories: tuple[FormerValues, ...]
    timeline: TimelinePage
    timeline_url: str


def build_record_page(record: Record) -> RecordPage:
    """Read all that a record's page shows; the number of queries does not grow with the events."""
    origins = {name: make_origin(provenance) for name, provenance in find_provenance(record).items()}
    return RecordPage(
        record=record,
        badge=state_badge(record),
        sub_account=name_text(record.sub_account) if record.sub_account else "",
        deletion=origins.get(EXISTS) if record.is_deleted else None,
        groups=tuple(build_row_groups(record, origins)),
        referrers=tuple(find_referrers(record)),
        histories=tuple(build_former_values(record, column) for column in record.tracked_columns),
        timeline=get_timeline_page(record, "1"),
        timeline_url=timeline_url(record),
    )
