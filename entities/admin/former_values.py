"""The history of one tracked column, as the record's page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import format_duration
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_links import EventLinks
from entities.admin.value_cells import PAGE_CELLS, field_label, get_field, value_cell
from entities.merge.history import ValueRun, seen_values, value_runs
from entities.models import Record
from entities.models.naming.named_refs import named_refs
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


def read_former_values(record: Record) -> dict[str, list[ValueRun]]:
    """Return the runs of values of each tracked column, from the record's timeline."""
    return {
        column: value_runs(seen_values(written_values(record, column), column))
        for column in record.tracked_columns
    }


def build_former_values(
    record: Record, column: str, runs: Sequence[ValueRun], cells: NameCells, links: EventLinks
) -> FormerValues:
    """Return the history of a tracked column as the page shows it."""
    field = get_field(type(record), column)
    is_named = column in named_refs(type(record))
    periods = (
        ValuePeriod(
            value=(
                cells.page_cell(record, column, run.value)
                if is_named
                else value_cell(run.value, field, PAGE_CELLS)
            ),
            start=time_cell(run.began),
            end=time_cell(run.ended) if run.ended else None,
            duration=format_duration((run.ended or timezone.now()) - run.began),
            event_url=links.url(run.event_id),
        )
        for run in reversed(runs)
    )
    return FormerValues(field_label(field), tuple(periods))
