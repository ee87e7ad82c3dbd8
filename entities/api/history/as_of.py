"""The parameter `as_of`: records as they were at a time, and which columns are known then."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, tzinfo

from django.core.exceptions import ValidationError as FieldError
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from entities.api.filters.column_filters import ColumnFilter, RowFilters
from entities.api.filters.filter_kinds import match_period, match_value
from entities.api.filters.parameter_values import TimeValue, parse_or_none, quote_value
from entities.api.rows.api_columns import get_record_columns
from entities.history.past_records import STATE_COLUMNS, past_columns
from entities.models import Record

NAME = "as_of"
PARAMETER = OpenApiParameter(
    NAME,
    TimeValue.schema,
    description=(
        "Counts as if only what happened before this time were known. A date means its beginning, in the"
        " time zone `tz`, or in UTC where there is no `tz`."
    ),
)
# Filters that are not named after a column, and that a past state can answer.
PAST_FLAGS = frozenset({"include_deleted"})


def read_as_of(request: Request, zone: tzinfo = UTC) -> datetime | None:
    """Return the time of the parameter, in UTC; None without it. Raises ValidationError."""
    text = request.query_params.get(NAME)
    if text is None:
        return None
    try:
        if day := parse_or_none(parse_date, text.strip()):
            return datetime.combine(day, time.min, zone).astimezone(UTC)
        return TimeValue().clean(text).first
    except FieldError as error:
        raise ValidationError({NAME: error.messages}) from None
    except OverflowError:
        message = f"{quote_value(text)} is out of range. Write a time in the years 1 to 9999 of UTC."
        raise ValidationError({NAME: [message]}) from None


def is_known_as_of(model: type[Record], columns: Iterable[str]) -> bool:
    """Return True if the records as of a time have these columns."""
    return {*columns} <= {*STATE_COLUMNS, *past_columns(model)}


def refuse_filters_of_today(model: type[Record], filterset: RowFilters) -> None:
    """Raise ValidationError for each filter of the request that asks for what is known of today only."""
    offered = {name.partition("__")[0] for name in type(filterset).base_filters}
    columns = (*STATE_COLUMNS[:-1], *past_columns(model))
    choices = ", ".join(column for column in columns if column in offered)
    errors = {
        name: [f"Not known as of a time. With as_of, filter by: {choices}; or leave out as_of."]
        for name, row_filter in filterset.base_filters.items()
        if name not in PAST_FLAGS and not _is_past_filter(model, row_filter)
    }
    if errors:
        raise ValidationError(errors)


def _is_past_filter(model: type[Record], row_filter: ColumnFilter) -> bool:
    """Return True if a filter reads one column that is known as of a time, and nothing else, such as keys."""
    # A reference's filter reads the key of the row that it leads to: `sub_account_id`, `source__slug`.
    by_path = {column.path: column.name for column in get_record_columns(model)}
    column = by_path.get(row_filter.field_name) or row_filter.field_name.split("__")[0]
    reads_column = row_filter.match in (match_value, match_period)
    return reads_column and column != "is_placeholder" and is_known_as_of(model, [column])
