"""The currency of a record's amounts, stated or assumed, and sums that never add two currencies."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, NullIf

from entities.models import Record
from entities.models.fields import CurrencyField


@dataclass(frozen=True)
class CurrencySum:
    """The sum of a column over the rows of one currency.

    currency: None if the rows state none and their source assumes none.
    is_assumed: the rows state no currency, and `currency` is the one that their source assumes. One currency
        may have two sums, stated and assumed: whoever adds them says how much of it is assumed.
    count: of the rows that have an amount.
    """

    currency: str | None
    is_assumed: bool
    amount: Decimal
    count: int


@cache
def currency_column(model: type[Record]) -> str | None:
    """Return the column in which a model's records state their currency; None if it has none."""
    names = (field.name for field in model._meta.concrete_fields if isinstance(field, CurrencyField))
    return next(names, None)


def assumed_currency(record: Record) -> str:
    """Return the currency that is assumed for a record's amounts.

    Empty if the record states one, or its source assumes none.
    """
    column = currency_column(type(record))
    return "" if column and getattr(record, column) else record.source.assumed_currency


@dataclass(frozen=True)
class RowSums:
    """The sums of rows with how many they are, with or without an amount.

    marked_count: how many of them fulfil a condition. sums: as those of `sum_by_currency`.
    """

    count: int
    marked_count: int
    sums: tuple[CurrencySum, ...]


def sum_by_currency(rows: QuerySet, column: str) -> list[CurrencySum]:
    """Return the sums of an amount column, one for each currency, stated or assumed; without a currency last.

    rows: of one model of records; not a slice.
    """
    return list(sum_rows(rows.filter(**{f"{column}__isnull": False}), column, Q(pk=None)).sums)


def sum_rows(rows: QuerySet, column: str, marked: Q) -> RowSums:
    """Return the sums of an amount column by currency, and the counts of the rows, by one query."""
    model: Any = rows.model
    stated = currency_column(model)
    own: Any = F(stated) if stated else Value(None, TextField())
    assumed = NullIf("source__assumed_currency", Value(""))
    is_assumed = Q(source__assumed_currency__gt="") & (Q(**{f"{stated}__isnull": True}) if stated else Q())
    counts = {"all": Count("pk"), "marked": Count("pk", filter=marked)}
    groups = (
        rows.order_by()
        .values(
            shown_currency=Coalesce(own, assumed, output_field=TextField()),
            has_assumed=ExpressionWrapper(is_assumed, BooleanField()),
        )
        .annotate(sum_of_rows=Sum(column), count_of_rows=Count(column), **counts)
        .values_list("shown_currency", "has_assumed", "sum_of_rows", "count_of_rows", "all", "marked")
    )
    read = [(CurrencySum(*group), all_count, marked_count) for *group, all_count, marked_count in groups]
    return RowSums(
        count=sum(count for _, count, _ in read),
        marked_count=sum(count for *_, count in read),
        sums=tuple(sorted((group for group, *_ in read if group.count), key=_order)),
    )


def _order(group: CurrencySum) -> tuple[bool, str, bool]:
    return group.currency is None, group.currency or "", group.is_assumed
