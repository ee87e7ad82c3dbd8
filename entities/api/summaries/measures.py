"""The measures that a summary computes, and the periods by which it groups times."""

from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from typing import Any

from django.db.models import DateField, DateTimeField, DecimalField
from django.db.models.functions import Trunc

from entities.api.rows.api_columns import get_record_columns
from entities.models import Record

COUNT = "count"
FUNCTIONS = ("sum", "avg")
PERIODS = ("year", "quarter", "month", "week", "day")


@dataclass(frozen=True)
class Measure:
    """A figure of a group: the number of its records, or the sum or mean of an amount column.

    key: its name in the answer. column: empty for the number of records.
    """

    key: str
    function: str
    column: str = ""


@dataclass(frozen=True)
class Bucket:
    """A period of a time or date column, which is a group: the first day of it. Weeks begin on Monday."""

    key: str
    period: str
    column: str
    is_time: bool

    def to_expression(self, zone: tzinfo) -> Any:
        """Return the first day of the period in which a row's time is, in a time zone."""
        options = {"tzinfo": zone} if self.is_time else {}
        return Trunc(self.column, self.period, output_field=DateField(), **options)


@cache
def measures(model: type[Record]) -> dict[str, Measure]:
    """Return how a request names a measure -> the measure: count, sum:value, avg:value."""
    amounts = [column.name for column in get_record_columns(model) if isinstance(column.field, DecimalField)]
    return {COUNT: Measure(COUNT, COUNT)} | {
        f"{function}:{column}": Measure(f"{function}_{column}", function, column)
        for column in amounts
        for function in FUNCTIONS
    }


@cache
def buckets(model: type[Record]) -> dict[str, Bucket]:
    """Return how a request names a bucket -> the bucket: month:created_at."""
    return {
        f"{period}:{column.name}": Bucket(
            f"{column.name}_{period}", period, column.name, isinstance(column.field, DateTimeField)
        )
        for column in get_record_columns(model)
        if isinstance(column.field, DateField)
        for period in PERIODS
    }
