"""The block of a record's page with the records that may be the same person or company."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import shorten
from entities.access.visibility import Viewer
from entities.admin.record_links import record_link
from entities.models import Record
from entities.search.same_persons import SharedValue, find_same_persons


@dataclass(frozen=True)
class SameRow:
    """A record that may be the same: a link to it, what and whose it is, how sure it is, and why."""

    link: SafeString
    kind: str
    source: str
    grade: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class SamePersonsBlock:
    """The records that may be the same, and the values that too many records have."""

    records: tuple[SameRow, ...]
    shared: tuple[SharedValue, ...]


def build_same_persons(record: Record, viewer: Viewer) -> SamePersonsBlock | None:
    """Return the block for a record's page; None if there is nothing to show."""
    found = find_same_persons(viewer, record)
    if not found.records and not found.shared:
        return None
    rows = tuple(
        SameRow(
            link=record_link(same.record),
            kind=str(same.record._meta.verbose_name),
            source=str(same.record.source),
            grade=same.grade.value,
            evidence=tuple(shorten(value) for value in same.evidence),
        )
        for same in found.records
    )
    return SamePersonsBlock(rows, found.shared)
