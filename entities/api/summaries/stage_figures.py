"""The figures of stages: how many records entered each, and how long they stayed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.database.statement_rows import sql_of
from entities.api.summaries.group_columns import OWNER_KEYS, SCOPE, SOURCE_ID, group_columns
from entities.api.summaries.summary_rows import MAX_GROUPS, name_ids, refuse_too_many, sort_key
from entities.history.history_columns import HistoryColumn, history_columns
from entities.history.value_run_rows import ValueRunRow, value_run_rows
from entities.names import NamedId, read_names

STAGE, STAGE_NAME = "stage", "stage_name"
DAY_SECONDS = 86_400
MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {})"
# Name in the answer -> SQL over runs.
FUNNEL = {
    "entered": "count(*)",
    "moved_on": "count(ended)",
    "open": "count(*) - count(ended)",
    "mean_days": f"avg(lasted) / {DAY_SECONDS}",
    "median_days": f"{MEDIAN.format('lasted')} / {DAY_SECONDS}",
}
TIME_IN_STAGE = {
    "runs": "count(*)",
    "ended": "count(ended)",
    "open": "count(*) - count(ended)",
    "mean_seconds": "avg(seconds)",
    "median_seconds": MEDIAN.format("seconds"),
    "open_mean_seconds": "avg(lasted) FILTER (WHERE ended IS NULL)",
}
# The slug and the sub-account follow from the keys that are grouped by, which leaves them out of the sort.
STATEMENT = """
    SELECT {selected}, value_text, {figures}
    FROM ({runs}) AS run JOIN ({owners}) AS owner ({columns}) ON owner.id = run.record
    GROUP BY {grouped}, value_text LIMIT %s
"""
RUN_COLUMNS = ("record", "value_text", "ended", "seconds", "lasted")


def stage_runs(records: QuerySet, before: datetime | None) -> QuerySet[ValueRunRow]:
    """Return the runs of all stages that the records of this model have been in.

    Of the whole model if the records are those of a time in the past, which `stage_figures` joins: to read
    them twice would take twice as long.
    """
    model: Any = records.model
    owners = model._default_manager.all() if before else records
    column = history_columns(model)[model.stages.column]
    return value_run_rows(owners, [column], before).filter(value_text__isnull=False)


def stage_figures(
    records: QuerySet, runs: QuerySet[ValueRunRow], figures: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the figures of each stage, by source, sub-account and the groups that the model declares.

    records: of one model with stages; not a slice. runs: of `stage_runs`, filtered.
    figures: FUNNEL or TIME_IN_STAGE. Raises ValidationError if there are too many groups.
    """
    model: Any = records.model
    groups = [group_columns(model)[name] for name in model.stages.groups]
    keys = {SOURCE_ID: F("source_id"), SCOPE: F("scope"), **OWNER_KEYS}
    for group in groups:
        keys |= group.keys
    aliases = {name: f"key{place}" for place, name in enumerate(keys)}
    owners, owner_parameters = sql_of(records.order_by().values_list("pk", *keys.values()))
    run_rows, run_parameters = sql_of(runs.order_by().values_list(*RUN_COLUMNS))
    statement = STATEMENT.format(
        selected=", ".join(
            f"min({alias})" if name in OWNER_KEYS else alias for name, alias in aliases.items()
        ),
        grouped=", ".join(alias for name, alias in aliases.items() if name not in OWNER_KEYS),
        figures=", ".join(figures.values()),
        runs=run_rows,
        owners=owners,
        columns=", ".join(["id", *aliases.values()]),
    )
    found = fetch_rows(statement, *run_parameters, *owner_parameters, MAX_GROUPS + 1)
    refuse_too_many(found, "source")
    names = [*keys, STAGE, *figures]
    found.sort(key=lambda row: sort_key(row[: len(keys) + 1]))
    # The stage's name is filled in behind the stage.
    heads = dict.fromkeys((*keys, STAGE, STAGE_NAME))
    rows = [heads | dict(zip(names, row, strict=True)) for row in found]
    return name_ids(_name_stages(rows, history_columns(model)[model.stages.column]), groups)


def _name_stages(rows: list[dict[str, Any]], column: HistoryColumn) -> list[dict[str, Any]]:
    """Return the rows with what each stage is called behind it: a stage without an id is its own name."""
    if column.named is None:
        return [row | {STAGE_NAME: row[STAGE]} for row in rows]
    kind = column.named.kind
    ids = [NamedId(row[SOURCE_ID], row[SCOPE], kind, row[STAGE]) for row in rows]
    names = read_names(ids)
    return [row | {STAGE_NAME: names.find(named) or row[STAGE]} for row, named in zip(rows, ids, strict=True)]
