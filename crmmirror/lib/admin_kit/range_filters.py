"""Filters for a range of amounts, of dates, or of times by days of the calendar of who asks."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin import ListFilter, ModelAdmin
from django.db.models import DateTimeField, DecimalField, Field, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import FilterInput
from crmmirror.lib.admin_kit.local_times import zone_label
from crmmirror.lib.admin_kit.request_check import UnusableRequest

# What follows the column in the name of a parameter -> the input's label. Both ends belong to the range.
ENDS = {"__gte": "from", "__lte": "to"}
DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AMOUNT_PATTERN = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,4})?")


class RangeFilter(ListFilter):
    """A filter with two inputs, each of which may be empty.

    field: the column. parameter_names: of the two ends. given: what is given of them. A time is compared by
    its day in the active time zone.
    """

    field: Field
    parameter_names: tuple[str, ...] = ()
    is_prominent = False

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: ModelAdmin
    ) -> None:
        super().__init__(request, params, model, model_admin)
        names = [name for name in self.parameter_names if name in params]
        self.given: dict[str, str] = {name: params.pop(name)[-1] for name in names}
        self.used_parameters.update(self.given)
        self.conditions = dict(self._make_conditions())

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameter_names)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(**self.conditions) if self.conditions else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        return iter(())

    @property
    def inputs(self) -> list[FilterInput]:
        """The two inputs of the form."""
        kind = "text" if isinstance(self.field, DecimalField) else "date"
        return [
            FilterInput(name, label, self.given.get(name, ""), [], kind)
            for name, label in zip(self.parameter_names, ENDS.values(), strict=True)
        ]

    @property
    def note(self) -> str:
        """Say which zone a day is in, where that matters."""
        return f"days in {zone_label()}" if isinstance(self.field, DateTimeField) else ""

    def describe_value(self, name: str) -> str:
        """Return one end of the range, for people."""
        label = ENDS[name.removeprefix(self.field.name)]
        return f"{label} {self.given[name]}"

    def _make_conditions(self) -> Iterator[tuple[str, Any]]:
        """Yield the lookups of the ends that are given. Raises UnusableRequest."""
        for name, text in self.given.items():
            is_end = name.endswith("__lte")
            if isinstance(self.field, DecimalField):
                yield name, _read_amount(name, text)
            elif isinstance(self.field, DateTimeField):
                day = _read_day(name, text) + timedelta(days=is_end)
                start = datetime.combine(day, time.min, timezone.get_current_timezone())
                yield name.removesuffix("__lte") + "__lt" if is_end else name, start
            else:
                yield name, _read_day(name, text)


def range_filter(column: Field, heading: str) -> type[RangeFilter]:
    """Make the filter for a range of a column's values. heading: what the column is called."""

    class ColumnRangeFilter(RangeFilter):
        title = heading
        field = column
        parameter_names = tuple(column.name + end for end in ENDS)

    return ColumnRangeFilter


def _read_amount(name: str, text: str) -> Decimal:
    if not AMOUNT_PATTERN.fullmatch(text):
        raise UnusableRequest(f"The filter {name!r} takes an amount such as 1250.50, not {shorten(text)!r}")
    return Decimal(text)


def _read_day(name: str, text: str) -> date:
    """Return a day of the years in which every time zone has all days."""
    try:
        day = date.fromisoformat(text) if DAY_PATTERN.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 2 <= day.year <= 9998:
        raise UnusableRequest(f"The filter {name!r} takes a day such as 2025-01-15, not {shorten(text)!r}")
    return day
