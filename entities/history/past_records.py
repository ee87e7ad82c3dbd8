"""Records as of a time: as if only the events before it were stored."""

from datetime import datetime
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field, ForeignKey, JSONField, QuerySet

from crmmirror.lib.database.statement_rows import rows_of_statement
from crmmirror.lib.utc import format_utc
from entities.history.value_run_rows import SEPARATOR, cut_clock
from entities.merge.registers import EXISTS
from entities.models import Record, TimelineEntry
from entities.models.introspection import mirrored_fields, model_name

# What never changes in a record, or is kept of it as of a time in every case.
KEY_COLUMNS = ("id", "source", "scope", "sub_account", "external_id")
STATE_COLUMNS = (*KEY_COLUMNS, "is_deleted", "is_placeholder")
# A record of which no event has said anything is a placeholder, and not there yet. OFFSET 0 takes the values
# out of an entry before the sort, as in `value_run_rows`.
STATEMENT = """
    SELECT {key}, {columns},
        false AS is_placeholder, coalesce(state."{exists}" = 'false', false) AS is_deleted
    FROM "{table}" AS live JOIN (
        SELECT record_id, {newest} FROM (
            SELECT record_id, {dated} FROM "{timeline}"
            WHERE record_type = %s AND clock < %s AND wrote <> '{{}}' OFFSET 0
        ) AS entry GROUP BY record_id
    ) AS state ON state.record_id = live.id
"""


@cache
def past_columns(model: type[Record]) -> dict[str, Field]:
    """Return the columns that vendors write and that are known as of a time, besides STATE_COLUMNS.

    Not among them: references, of which the timeline has the vendor's ids; sets, which several writes make
    up; and what is derived from other columns.
    """
    return {
        name: field
        for name, field in mirrored_fields(model).items()
        if not isinstance(field, ForeignKey | ArrayField) and name not in model.derived_columns
    }


def past_records(model: type[Record], before: datetime) -> QuerySet:
    """Return the records of a model as of a time: events of this time and later count as if not there.

    They have STATE_COLUMNS and `past_columns` only, and PostgreSQL refuses a query of any other. Placeholders
    are left out. before: in UTC.
    """
    columns = past_columns(model)
    registers = (EXISTS, *columns)
    statement = STATEMENT.format(
        key=", ".join(f'live."{model._meta.get_field(name).column}"' for name in KEY_COLUMNS),  # type: ignore[union-attr]
        exists=EXISTS,
        columns=", ".join(_convert(field) for field in columns.values()),
        table=model._meta.db_table,
        newest=", ".join(_take_newest(register) for register in registers),
        dated=", ".join(_date(register, columns.get(register)) for register in registers),
        timeline=TimelineEntry._meta.db_table,
    )
    return rows_of_statement(model, statement, [model_name(model), format_utc(before)])


def _date(register: str, field: Field | None) -> str:
    """Return an entry's text that has the clock before the value; null if the register is not written."""
    # A document's text is its JSON: it may be a text itself.
    value = (
        f"nullif((wrote -> '{register}')::text, 'null')"
        if isinstance(field, JSONField)
        else f"wrote ->> '{register}'"
    )
    dated = f"clock || {SEPARATOR} || coalesce({value}, '')"
    return f"CASE WHEN wrote ? '{register}' THEN {dated} END AS \"{register}\""


def _take_newest(register: str) -> str:
    """Return the value of the greatest such text. An empty one stands for null, as it does in a column."""
    newest = f'max("{register}")'
    return f'{cut_clock(newest)} AS "{register}"'


def _convert(field: Field) -> str:
    """Return the newest value in the type of its column."""
    return f'state."{field.name}"::{field.db_type(connection)} AS "{field.column}"'
