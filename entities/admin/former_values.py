"""The history of one tracked column as the record's page shows it."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import format_duration, minute_cell
from entities.admin.record_links import event_url
from entities.admin.value_cells import PAGE_CELLS, field_label, value_cell
from entities.admin.value_cells import get_field as column_of
from entities.merge.history import seen_values, value_runs
from entities.models import Record
from entities.provenance import written_values


@dataclass(frozen=True)
class ValuePeriod:
    """An unbroken run of one value; `until` is None while it lasts."""

    value: SafeString
    since: SafeString
    until: SafeString | None
    lasted: str
    event_url: str


@dataclass(frozen=True)
class FormerValues:
    """What a column was, newest first."""

    label: str
    stays: tuple[ValuePeriod, ...]


def former_values(record: Record, column: str) -> FormerValues:
    field = column_of(type(record), column)
    runs = value_runs(seen_values(written_values(record, column), column))
    stays = (
        ValuePeriod(
            value=value_cell(run.value, field, PAGE_CELLS),
            since=minute_cell(run.began),
            until=minute_cell(run.ended) if run.ended else None,
            lasted=format_duration((run.ended or timezone.now()) - run.began),
            event_url=event_url(run.event_id),
        )
        for run in reversed(runs)
    )
    return FormerValues(field_label(field), tuple(stays))
