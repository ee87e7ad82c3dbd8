"""The history of one tracked column, as the record's page shows it."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import format_duration
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.admin.record_links import event_url
from entities.admin.value_cells import PAGE_CELLS, field_label, get_field, value_cell
from entities.merge.history import seen_values, value_runs
from entities.models import Record
from entities.provenance import written_values


@dataclass(frozen=True)
class ValuePeriod:
    """The time during which a column had one value without a break; `end` is None for the current value."""

    value: SafeString
    start: SafeString
    end: SafeString | None
    duration: str
    event_url: str


@dataclass(frozen=True)
class FormerValues:
    """A column's values with their periods, newest first."""

    label: str
    periods: tuple[ValuePeriod, ...]


def build_former_values(record: Record, column: str) -> FormerValues:
    """Return the history of a tracked column, from the record's timeline."""
    field = get_field(type(record), column)
    runs = value_runs(seen_values(written_values(record, column), column))
    periods = (
        ValuePeriod(
            value=value_cell(run.value, field, PAGE_CELLS),
            start=time_cell(run.began),
            end=time_cell(run.ended) if run.ended else None,
            duration=format_duration((run.ended or timezone.now()) - run.began),
            event_url=event_url(run.event_id),
        )
        for run in reversed(runs)
    )
    return FormerValues(field_label(field), tuple(periods))
