"""The kinds of filters: for each class of columns, how a value is read, and its lookups."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities.api.filters.lookup_descriptions import LOOKUP_DESCRIPTIONS, TIME_DESCRIPTIONS
from entities.api.filters.parameter_values import (
    AmountValue,
    CurrencyValue,
    DateValue,
    FlagValue,
    IntegerValue,
    JsonValue,
    Period,
    TextValue,
    TimeValue,
    WordValue,
)
from entities.models.fields import CurrencyField, WordField

TEXT_LOOKUPS = ("exact", "in", "not", "not_in", "icontains")
ORDERED_LOOKUPS = ("exact", "in", "not", "not_in", "gt", "gte", "lt", "lte")


def match_value(path: str, lookup: str, value: Any) -> models.Q:
    """Return the condition of a lookup as the ORM has it."""
    return models.Q(**{f"{path}__{lookup}": value})


def match_period(path: str, lookup: str, value: Any) -> models.Q:
    """Return the condition of a lookup for times: a period, or for "in" several."""
    match lookup, value:
        case "in", periods:
            return models.Q(
                *(match_period(path, "exact", period) for period in periods), _connector=models.Q.OR
            )
        case "exact", Period(first, last):
            return match_value(path, "range", (first, last))
        case "gt" | "lte", Period(last=last):
            return match_value(path, lookup, last)
        case _:
            return match_value(path, lookup, value.first)


@dataclass(frozen=True)
class FilterKind:
    """The filters of a class of columns.

    form_field: reads one value; is_list: the column holds several.
    describe: returns the description of a lookup; match: makes its condition.
    """

    form_field: Callable[..., forms.Field]
    lookups: tuple[str, ...]
    is_list: bool = False
    describe: Callable[[str], str] = LOOKUP_DESCRIPTIONS.__getitem__
    match: Callable[[str, str, Any], models.Q] = match_value


FILTER_KINDS: dict[type[models.Field], FilterKind] = {
    models.TextField: FilterKind(TextValue, TEXT_LOOKUPS),
    models.CharField: FilterKind(TextValue, TEXT_LOOKUPS),
    WordField: FilterKind(WordValue, TEXT_LOOKUPS),
    CurrencyField: FilterKind(CurrencyValue, TEXT_LOOKUPS),
    models.BooleanField: FilterKind(FlagValue, ("exact", "not")),
    models.IntegerField: FilterKind(IntegerValue, ORDERED_LOOKUPS),
    models.DecimalField: FilterKind(AmountValue, ORDERED_LOOKUPS),
    models.DateField: FilterKind(DateValue, ORDERED_LOOKUPS),
    models.DateTimeField: FilterKind(
        TimeValue, ORDERED_LOOKUPS, describe=TIME_DESCRIPTIONS.__getitem__, match=match_period
    ),
    ArrayField: FilterKind(TextValue, ("contains", "overlap"), is_list=True),
    models.JSONField: FilterKind(JsonValue, ("contains", "has_key")),
}


def get_filter_kind(field: models.Field) -> FilterKind:
    """Return the kind for the nearest ancestor of the field's class. Raises KeyError if there is none."""
    for ancestor in type(field).__mro__:
        if ancestor in FILTER_KINDS:
            return FILTER_KINDS[ancestor]
    raise KeyError(f"{field} has no filters. Add {type(field).__name__} to {__name__}.FILTER_KINDS.")


def is_text(form_field: Callable[..., forms.Field]) -> bool:
    """Return True if a field reads texts, of which the empty one is a value too."""
    return form_field in (TextValue, WordValue, CurrencyValue)
