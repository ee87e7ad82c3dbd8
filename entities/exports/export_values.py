"""The value of a cell of an export, for each kind of column; pure functions."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

# What a cell holds: text, a number, a day, or a time without a zone, which is that of the column's heading.
Value = str | int | Decimal | date | datetime | None
Convert = Callable[[Any], Value]

# The nearest ancestor of a column's class -> the value of its cell. A time is converted by `to_local_time`.
CONVERSIONS: Mapping[type[models.Field], Convert] = {
    models.DecimalField: lambda value: value,
    models.IntegerField: lambda value: value,
    models.DateField: lambda value: value,
    models.BooleanField: lambda value: "yes" if value else "no",
    models.JSONField: lambda value: json.dumps(value, ensure_ascii=False),
    ArrayField: lambda value: ", ".join(value),
    models.Field: str,
}


def find_conversion(field: models.Field, zone: tzinfo) -> Convert:
    """Return the function that makes a cell's value of a column's value, which is not None.

    zone: the time zone in which times are written.
    """
    if isinstance(field, models.DateTimeField):
        return lambda value: to_local_time(value, zone)
    return next(CONVERSIONS[ancestor] for ancestor in type(field).__mro__ if ancestor in CONVERSIONS)


def to_local_time(value: datetime, zone: tzinfo) -> Value:
    """Return an aware time in that zone, to the second and without the zone.

    A time of year 1 or 9999 that the zone would carry over the end of the calendar stays in UTC, as a text.
    """
    try:
        return value.astimezone(zone).replace(tzinfo=None, microsecond=0)
    except OverflowError:
        return value.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
