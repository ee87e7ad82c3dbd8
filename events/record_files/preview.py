"""Says what will be read of a file, and what is left, before anything of it is stored."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmmirror.lib.text_table import format_table
from entities.models.introspection import record_models_by_name
from entities.reading.fetched.fetched_envelope import FetchedRecord, encode_fetched
from entities.reading.mapper import map_event
from entities.stored_events import Origin, StoredEvent
from events.models import Source
from events.record_files.file_rows import FileRow, FileRows
from events.record_files.row_records import RecordPlan, make_record

# Rows whose values are read for the preview.
SAMPLE_ROWS = 1000
MAX_MESSAGES = 5
MAX_VALUE_LENGTH = 40
EXTRA, LEFT_OUT = "kept as a further field", "left out"


@dataclass(frozen=True)
class SampledRow:
    """A row of the sample, the record that it became, and the id and the warnings that were read in it."""

    row: FileRow
    record: FetchedRecord
    external_id: str = ""
    warnings: tuple[str, ...] = ()


def describe_file(
    source: Source, file: FileRows, sample: Sequence[FileRow], plan: RecordPlan, now: datetime
) -> Iterator[str]:
    """Yield the preview, a line each. sample: the first rows of the file. now: aware."""
    yield f"{plan.file}: {file.format}"
    headings = file.headings or tuple(dict.fromkeys(key for row in sample for key in _cells(row)))
    rows = [("Heading", "becomes", "first value")]
    yield from format_table([*rows, *(_describe_heading(heading, sample, plan) for heading in headings)])
    yield from _describe_times(plan)
    sampled = [_read_row(source, row, plan, now) for row in sample]
    good = [one for one in sampled if not one.record.problem]
    yield f"of the first {len(sampled):,} rows: {len(good):,} are read, {len(sampled) - len(good):,} are bad"
    yield from _list_some(one.record.problem for one in sampled if one.record.problem)
    yield from _list_some(f"row {one.row.number}: {text}" for one in sampled for text in one.warnings)
    ids = {one.external_id for one in good if one.external_id}
    known = _count_known(source, plan, ids)
    yield f"{known:,} of these {len(ids):,} records are in the mirror already"
    if ids and not known:
        yield f"  compare an id, such as {min(ids)}, with those of the mirror: other ids make other records"


def _cells(row: FileRow) -> dict[str, Any]:
    return row.cells if isinstance(row.cells, dict) else {}


def _describe_heading(heading: str, sample: Sequence[FileRow], plan: RecordPlan) -> tuple[str, str, str]:
    target = plan.headings.find_target(heading)
    if target is None:
        becomes = "as the vendor's own key" if plan.is_nested and heading in plan.headings.exact else EXTRA
    else:
        becomes = target.column or LEFT_OUT
    values = (_cells(row).get(heading) for row in sample)
    first = next((value for value in values if value not in (None, "")), "")
    text = first if isinstance(first, str) else json.dumps(first, ensure_ascii=False, default=str)
    shown = " ".join(text.split())
    return heading, becomes, shown[:MAX_VALUE_LENGTH] + "…" * (len(shown) > MAX_VALUE_LENGTH)


def _describe_times(plan: RecordPlan) -> Iterator[str]:
    if plan.changed:
        yield f"time of last change: {plan.changed!r}"
    if plan.as_of:
        yield f"{'rows without one' if plan.changed else 'all rows'}: as of {plan.as_of.isoformat()}"


def _read_row(source: Source, row: FileRow, plan: RecordPlan, now: datetime) -> SampledRow:
    record = make_record(row, plan)
    if record.problem:
        return SampledRow(row, record)
    body = encode_fetched(record)
    digest = hashlib.sha256(body).hexdigest()
    mapped = map_event(
        StoredEvent(0, source.pk, source.vendor, digest, body, now, source.time_zone, Origin.FILE)
    )
    model = plan.entity.entity.model
    own = next(one.key for one in mapped.statements if one.key.model == model and one.writes)
    return SampledRow(row, record, own.external_id, mapped.warnings)


def _count_known(source: Source, plan: RecordPlan, ids: set[str]) -> int:
    model = record_models_by_name()[plan.entity.entity.model]
    known = model._default_manager.filter(source_id=source.pk, scope=plan.scope, external_id__in=ids)
    return known.filter(is_placeholder=False).count()


def _list_some(messages: Iterator[str]) -> Iterator[str]:
    """Yield the first messages, and how many more there are."""
    every = list(messages)
    yield from (f"  {message}" for message in every[:MAX_MESSAGES])
    if len(every) > MAX_MESSAGES:
        yield f"  and {len(every) - MAX_MESSAGES:,} more like these"
