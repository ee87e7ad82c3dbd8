"""The history of one tracked column as the record's page shows it."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from entities import history
from entities.admin import cells
from entities.admin.links import event_page
from entities.admin.values import ON_PAGE, label, show
from entities.admin.values import column as column_of
from entities.models import Record
from entities.provenance import said


@dataclass(frozen=True)
class Stay:
    """An unbroken run of one value; `until` is None while it lasts."""

    value: SafeString
    since: SafeString
    until: SafeString | None
    lasted: str
    event_url: str


@dataclass(frozen=True)
class Past:
    """What a column was, newest first."""

    label: str
    stays: tuple[Stay, ...]


def past_of(record: Record, column: str) -> Past:
    field = column_of(type(record), column)
    runs = history.runs(history.seen(said(record, column), column))
    stays = (
        Stay(
            value=show(run.value, field, ON_PAGE),
            since=cells.minute(run.began),
            until=cells.minute(run.ended) if run.ended else None,
            lasted=cells.duration((run.ended or timezone.now()) - run.began),
            event_url=event_page(run.event_id),
        )
        for run in reversed(runs)
    )
    return Past(label(field), tuple(stays))
