"""The runs of values of many records, as rows that can be filtered and summed as those of a table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.apps.registry import Apps
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import now

from crmmirror.lib.database.statement_rows import rows_of_statement, sql_of
from crmmirror.lib.utc import format_utc
from entities.history.history_columns import HistoryColumn
from entities.models import TimelineEntry
from entities.models.introspection import model_name

# What Django knows of no tables stays in a registry of its own: no migration, no permission.
NO_TABLES = Apps()
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
TIME_CHARACTERS = len(format_utc(LAST_MOMENT))
# Between a clock and a value: it is in no clock, and clocks differ in length.
SEPARATOR = r"E'\t'"


class ValueRunRow(models.Model):
    """An unbroken run of one value in a column of a record, as `entities.merge.history.ValueRun`.

    id: unique, and in the order of time among the runs of a column of a record.
    value: JSON; null also if the vendor wrote null. value_text: the same as text.
    seconds: the length; None while the run lasts. lasted: of a run that lasts, the length until `before`.
    visit: 1 if the record had the value for the first time, and so on.
    """

    id = models.TextField(primary_key=True, db_collation="C")
    record = models.BigIntegerField()
    column = models.TextField()
    value = models.JSONField(null=True)
    value_text = models.TextField(null=True)
    began = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    lasted = models.FloatField()
    visit = models.IntegerField()
    event = models.BigIntegerField()

    class Meta:
        apps = NO_TABLES
        app_label = "entities"
        managed = False


PARTITION = 'PARTITION BY record_id, "column"'
# One statement for any number of registers. A write of null is null from `known` on, as is what was never
# written; `written` alone tells them apart. OFFSET 0 lets it take the values out of an entry before the sort,
# which for 475,000 entries then moves a third of the bytes, and read the time of a run once instead of twice.
RUNS = """
    WITH written AS (
        SELECT record_id, clock, event_id, part.*
        FROM "{timeline}" AS entry CROSS JOIN LATERAL (VALUES {columns}) AS part ("column", {said}, {wrote})
        WHERE record_type = %s AND record_id {records} {before} AND ({is_written}) OFFSET 0
    ), known AS (
        SELECT record_id, "column", clock, event_id, {known} FROM written
        WINDOW so_far AS ({partition} ORDER BY clock)
    ), compared AS (
        SELECT *, row_number() OVER so_far > 1 AND coalesce({comparisons}, num_nonnulls({all_parts}) = 0)
            AS goes_on
        FROM known WINDOW so_far AS ({partition} ORDER BY clock)
    ), begun AS (
        SELECT record_id, "column", coalesce({parts}) AS value, event_id, clock,
            left(clock, {time_characters})::timestamptz AS began
        FROM compared WHERE NOT goes_on OFFSET 0
    )
    SELECT record_id, "column", value, event_id, clock, began, lead(began) OVER so_far AS ended
    FROM begun WINDOW so_far AS ({partition} ORDER BY clock)
"""
# A value is a text, but for a flag's.
ROWS = """
    SELECT {record} AS record, "column" || ' ' || clock AS id, "column", value AS value_text,
        {value} AS value, began, ended, extract(epoch FROM ended - began)::float AS seconds,
        extract(epoch FROM coalesce(ended, %s) - began)::float AS lasted,
        row_number() OVER (PARTITION BY {record}, "column", value ORDER BY clock) AS visit, event_id AS event
    FROM {runs}
"""


def value_run_rows(
    records: QuerySet,
    columns: Sequence[HistoryColumn],
    before: datetime | None = None,
    *,
    by_record: bool = False,
) -> QuerySet[ValueRunRow]:
    """Return the runs of some columns of these records, as they were known before a time, or are now.

    records: of one model; not a slice. before: events of this time and later count as if they were not there.
    by_record: read the entries of one record after the other, so that the first rows in the order of
        (record, id) come at once. To read all rows takes three times as long.
    """
    ids, parameters = sql_of(records.order_by().values("pk"))
    limits = [format_utc(before)] if before else []
    model: Any = records.model
    own = [model_name(model)]
    runs = _make_runs(columns, "= owner.id" if by_record else f"IN ({ids})", is_limited=before is not None)
    flags = ", ".join(f"'{column.name}'" for column in columns if column.is_flag)
    statement = ROWS.format(
        record="owner.id" if by_record else "record_id",
        value=f'CASE WHEN "column" IN ({flags}) THEN value::jsonb ELSE to_jsonb(value) END'
        if flags
        else "to_jsonb(value)",
        runs=f"({ids}) AS owner (id) CROSS JOIN LATERAL ({runs}) AS run" if by_record else f"({runs}) AS run",
    )
    inner = [*parameters, *own, *limits] if by_record else [*own, *parameters, *limits]
    return rows_of_statement(ValueRunRow, statement, [before or now(), *inner])


def touched_since(records: QuerySet, since: datetime) -> QuerySet:
    """Return those of the records of which an event of this time or later says something.

    Only these can have a run that began then, and to find them costs a tenth of reading all runs.
    """
    model: Any = records.model
    entries = TimelineEntry.objects.filter(
        record_type=model_name(model), record_id=OuterRef("pk"), clock__gte=format_utc(since)
    )
    return records.filter(Exists(entries))


def _make_runs(columns: Sequence[HistoryColumn], records: str, *, is_limited: bool) -> str:
    width = max(len(column.registers) for column in columns)
    names = [f"p{place}" for place in range(width)]
    said = [f"says_{name}" for name in names]
    return RUNS.format(
        timeline=TimelineEntry._meta.db_table,
        columns=", ".join(_read_column(column, width) for column in columns),
        said=", ".join(said),
        wrote=", ".join(names),
        is_written=" OR ".join(said),
        known=", ".join(map(_carry_forward, names)) if width > 1 else "p0",
        comparisons=", ".join(f"{name} = lag({name}) OVER so_far" for name in names),
        all_parts=", ".join(f"{name}, lag({name}) OVER so_far" for name in names),
        parts=", ".join(names),
        records=records,
        before="AND clock < %s" if is_limited else "",
        partition=PARTITION,
        time_characters=TIME_CHARACTERS,
    )


def _read_column(column: HistoryColumn, width: int) -> str:
    """Return the row that takes a column out of an entry: which registers are written, and their values."""
    missing = width - len(column.registers)
    said = [f"wrote ? '{register}'" for register in column.registers] + ["false"] * missing
    values = [f"wrote ->> '{register}'" for register in column.registers] + ["NULL"] * missing
    return f"('{column.name}'::text, {', '.join([*said, *values])})"


def _carry_forward(name: str) -> str:
    """Return what a register holds after each entry: what the newest entry so far has written to it.

    Behind its clock, the newest value is the greatest text. An empty one stands for null.
    """
    dated = f"CASE WHEN says_{name} THEN clock || {SEPARATOR} || coalesce({name}, '') END"
    return f"{cut_clock(f'max({dated}) OVER so_far')} AS {name}"


def cut_clock(dated: str) -> str:
    """Return the SQL of the value behind a clock; null for an empty one.

    To search for the separator takes half the time of a regular expression.
    """
    return f"nullif(substr({dated}, strpos({dated}, {SEPARATOR}) + 1), '')"
