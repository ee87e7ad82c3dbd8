"""The currency of a record's amounts, stated or assumed, and sums that never add two currencies."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Count, F, Q, QuerySet, Sum, TextField, Value

from crmmirror.lib.database.cursors import fetch_rows
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


def stated_currency(record: Record) -> str:
    """Return the currency that a record states for its amounts; empty if it states none."""
    column = currency_column(type(record))
    return (getattr(record, column) or "") if column else ""


def assumed_currency(record: Record) -> str:
    """Return the currency that is assumed for a record's amounts.

    Empty if the record states one, or its source assumes none.
    """
    return "" if stated_currency(record) else record.source.assumed_currency


@dataclass(frozen=True)
class Total:
    """The rows of one group.

    count: of all rows. marked_count: of those that meet a condition. sums: one for each currency.
    """

    count: int = 0
    marked_count: int = 0
    sums: tuple[CurrencySum, ...] = ()


def sum_by_currency(rows: QuerySet, column: str) -> list[CurrencySum]:
    """Return the sums of an amount column, one for each currency, stated or assumed; without a currency last.

    rows: of one model of records; not a slice.
    """
    with_amount = rows.filter(**{f"{column}__isnull": False})
    return list(sum_rows(with_amount, column).sums)


def sum_rows(rows: QuerySet, column: str, marked: Q | None = None) -> Total:
    """Return the total of all rows, by one query. marked: the condition of `marked_count`."""
    return add_totals(total_by(rows, column, {}, marked).values())


def total_by(
    rows: QuerySet, column: str, keys: Mapping[str, Any], marked: Q | None = None
) -> dict[tuple[Any, ...], Total]:
    """Return the values of the keys -> their rows' total, by one aggregate over all rows.

    rows: of one model of records; not a slice. keys: name -> expression by which rows are grouped.
    marked: the condition of `marked_count`.
    """
    return read_totals(total_query(rows, column, keys, marked), keys)


def total_query(rows: QuerySet, column: str, keys: Mapping[str, Any], marked: Q | None = None) -> QuerySet:
    """Return the aggregate of `total_by`, whose rows `read_totals` reads."""
    return (
        rows.order_by()
        .values(**keys, **currency_columns(rows.model))
        .annotate(
            count_of_rows=Count("pk"),
            count_of_marked=Count("pk", filter=marked) if marked else Value(0),
            count_of_amounts=Count(column),
            sum_of_rows=Sum(column),
        )
    )


def currency_columns(model: Any) -> dict[str, Any]:
    """Return the columns that say a row's currency: what it states, and what its source assumes.

    Columns as they are: PostgreSQL expects as many groups of an expression as there are rows, and so sorts
    them all, which took more than half of the time of 60,000 deals.
    """
    stated = currency_column(model)
    own: Any = F(stated) if stated else Value(None, TextField())
    return {"own_currency": own, "assumed_currency": F("source__assumed_currency")}


def _make_sum(own: str | None, assumed: str, amount: Decimal, count: int) -> tuple[CurrencySum, ...]:
    """Return the sum of the rows of these currencies; nothing if none of them has an amount."""
    if not count:
        return ()
    currency = own if own is not None else assumed or None
    return (CurrencySum(currency, own is None and bool(assumed), amount, count),)


def sum_up_to(rows: QuerySet, columns: Sequence[str], cap: int) -> tuple[int, dict[str, list[CurrencySum]]]:
    """Return how many rows there are, up to one beyond the cap, and the sums of amount columns over them.

    By one query, which reads `cap + 1` rows at most. rows: of one model of records; not a slice.
    """
    currencies = currency_columns(rows.model)
    picked = rows.order_by().values_list(*currencies.values(), *columns)[: cap + 1]
    try:
        statement, parameters = picked.query.sql_with_params()
    except EmptyResultSet:
        return 0, {}
    names = [f"c{place}" for place in range(len(columns))]
    figures = ", ".join(f"sum({name}), count({name})" for name in names)
    groups = fetch_rows(
        f"SELECT own, assumed, count(*), {figures}"
        f" FROM ({statement}) AS picked (own, assumed, {', '.join(names)}) GROUP BY own, assumed",
        *parameters,
    )
    totals: dict[str, list[Total]] = {column: [] for column in columns}
    for own, assumed, _, *found in groups:
        for column, amount, count in zip(columns, found[::2], found[1::2], strict=True):
            totals[column].append(Total(sums=_make_sum(own, assumed, amount, count)))
    sums = {column: list(add_totals(parts).sums) for column, parts in totals.items()}
    return sum(group[2] for group in groups), sums


def read_totals(
    groups: Iterable[Mapping[str, Any]], keys: Iterable[str] = ()
) -> dict[tuple[Any, ...], Total]:
    """Return the values of the keys -> their rows' total. groups: the rows of `total_query`."""
    names = tuple(keys)
    totals: dict[tuple[Any, ...], list[Total]] = defaultdict(list)
    for group in groups:
        sums = _make_sum(
            group["own_currency"],
            group["assumed_currency"],
            group["sum_of_rows"],
            group["count_of_amounts"],
        )
        key = tuple(group[name] for name in names)
        totals[key].append(Total(group["count_of_rows"], group["count_of_marked"], sums))
    return {key: add_totals(parts) for key, parts in totals.items()}


def add_totals(totals: Iterable[Total]) -> Total:
    """Return the total of several groups. No two currencies are added; without a currency comes last."""
    parts = list(totals)
    sums: dict[tuple[str | None, bool], list[CurrencySum]] = defaultdict(list)
    for one in (one for part in parts for one in part.sums):
        sums[one.currency, one.is_assumed].append(one)
    added = [
        CurrencySum(*key, sum((one.amount for one in group), Decimal()), sum(one.count for one in group))
        for key, group in sums.items()
    ]
    added.sort(key=lambda one: (one.currency is None, one.currency or "", one.is_assumed))
    return Total(sum(part.count for part in parts), sum(part.marked_count for part in parts), tuple(added))
