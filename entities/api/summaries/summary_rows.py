"""The rows of a summary: one aggregate over the records, whose groups are named and never mix currencies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from rest_framework.exceptions import ValidationError

from entities.api.summaries.group_columns import SCOPE, SOURCE_ID, GroupColumn
from entities.api.summaries.measures import COUNT, Bucket, Measure
from entities.currencies import currency_columns
from entities.names import NamedId, Names, read_names

MAX_GROUPS = 10_000
AMOUNT_STEP = Decimal("0.0001")
CENT = Decimal("0.01")
CURRENCY, ASSUMED = "currency", "assumed_currency"

Row = dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """The groups and measures that a request asks for. zone: in which a day begins."""

    groups: tuple[GroupColumn, ...]
    measures: tuple[Measure, ...]
    bucket: Bucket | None
    zone: tzinfo

    @property
    def amounts(self) -> list[str]:
        """The amount columns that are added."""
        return list(dict.fromkeys(measure.column for measure in self.measures if measure.column))

    def make_keys(self) -> dict[str, Any]:
        """Return name -> expression of all keys of a group, without the currency."""
        keys = {name: key for group in self.groups for name, key in group.keys.items()}
        return keys | ({self.bucket.key: self.bucket.to_expression(self.zone)} if self.bucket else {})


@dataclass
class Figures:
    """The sums of one group; of each amount column also how many rows have one."""

    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, group: Row, amounts: Iterable[str]) -> None:
        self.count += group["count_of_rows"]
        for column in amounts:
            self.sums[column] = self.sums.get(column, Decimal()) + (group[f"sum_{column}"] or 0)
            self.counts[column] = self.counts.get(column, 0) + group[f"count_{column}"]

    def measure(self, measure: Measure) -> Any:
        """Return the figure as the API shows it: a number, or an amount as text; None without any amount."""
        if measure.function == COUNT:
            return self.count
        count, total = self.counts.get(measure.column, 0), self.sums.get(measure.column, Decimal())
        if not count:
            return None
        return write_amount(total if measure.function == "sum" else (total / count).quantize(AMOUNT_STEP))


def summarize(records: QuerySet, summary: Summary) -> list[Row]:
    """Return the rows of a summary, in the order of their keys, by two queries at most.

    records: of one model; not a slice. Raises ValidationError if there are more than MAX_GROUPS.
    """
    keys = summary.make_keys()
    # The names in the answer are those of columns, which the ORM does not let expressions have.
    aliases = {f"key{place}": name for place, name in enumerate(keys)}
    currencies = currency_columns(records.model) if summary.amounts else {}
    aggregates: dict[str, Any] = {"count_of_rows": Count("pk")}
    for column in summary.amounts:
        aggregates |= {f"sum_{column}": Sum(column), f"count_{column}": Count(column)}
    if not keys and not currencies:
        groups = [records.order_by().aggregate(**aggregates)]
    else:
        expressions = {alias: keys[name] for alias, name in aliases.items()}
        grouped = records.order_by().values(**expressions, **currencies).annotate(**aggregates)
        groups = list(grouped[: MAX_GROUPS + 1])
        refuse_too_many(groups)
    figures: dict[tuple[Any, ...], Figures] = {}
    for group in groups:
        key = tuple(group[alias] for alias in aliases)
        figures.setdefault((*key, *_read_currency(group, currencies)), Figures()).add(group, summary.amounts)
    names = [*keys, *((CURRENCY, ASSUMED) if currencies else ())]
    rows = [
        dict(zip(names, key, strict=True))
        | {measure.key: found.measure(measure) for measure in summary.measures}
        for key, found in sorted(figures.items(), key=lambda item: sort_key(item[0]))
    ]
    return name_ids(rows, summary.groups)


def refuse_too_many(groups: Sequence[Any], parameter: str = "group_by") -> None:
    """Raise ValidationError if there are more groups than one answer may have."""
    if len(groups) > MAX_GROUPS:
        message = (
            f"There are more than {MAX_GROUPS:,} groups. Narrow them with filters, or group by less or by a"
            " longer period."
        )
        raise ValidationError({parameter: [message]})


def write_amount(value: Decimal) -> str:
    """Return an amount as rows have it: with two decimals, or with as many more as it needs."""
    rounded = value.quantize(CENT)
    return f"{rounded if rounded == value else value.normalize():f}"


def _read_currency(group: Row, currencies: Row) -> tuple[str | None, ...]:
    """Return the currency that the group's rows state, and the one that is assumed where they state none."""
    if not currencies:
        return ()
    stated = group["own_currency"]
    return stated, None if stated is not None else group["assumed_currency"] or None


def sort_key(values: Iterable[Any]) -> list[tuple[bool, Any]]:
    """Return the key that sorts rows by their values; those without one come last."""
    return [
        (value is None, "" if value is None else value.isoformat() if isinstance(value, date) else value)
        for value in values
    ]


def name_ids(rows: list[Row], groups: Sequence[GroupColumn]) -> list[Row]:
    """Return the rows with the names of their ids beside them, by one query; by none if there are no ids."""
    columns = [group for group in groups if group.named]
    names = read_names(id for row in rows for group in columns if (id := _make_id(row, group)))
    return [
        {name: value for name, value in _add_names(row, columns, names).items() if not name.startswith(" ")}
        for row in rows
    ]


def _add_names(row: Row, columns: Iterable[GroupColumn], names: Names) -> Row:
    """Return the row with each name right behind its id."""
    found = {}
    for group in columns:
        if group.named is not None:
            named = _make_id(row, group)
            found[group.named.column] = (
                group.named.title,
                names.find(named) if named else row.get(group.named.title),
            )
    shown: Row = {}
    for name, value in row.items():
        if name not in {title for title, _ in found.values()}:
            shown[name] = value
        if name in found:
            title, text = found[name]
            shown[title] = text
    return shown


def _make_id(row: Row, group: GroupColumn) -> NamedId | None:
    if group.named is None or not row[group.named.column]:
        return None
    return NamedId(row[SOURCE_ID], row[SCOPE], group.named.kind, row[group.named.column])
