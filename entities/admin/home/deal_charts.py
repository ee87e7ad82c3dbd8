"""The open pipeline by stage, and what was won and lost by month: rows of a table, each with a bar."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import format_amount, shorten
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.access.visibility import visible_to
from entities.admin.agenda.work_rows import live_rows
from entities.admin.filtered_pages.work_choice import WorkChoice
from entities.models import Deal, Name, NameKind
from entities.names import STAFF_ORDER, NamedId, Names

MONTHS = 12
STATUSES = ("won", "lost")


@dataclass(frozen=True)
class StageLine:
    """The open deals of one stage of one source. width: of the bar, by the number of deals, in percent."""

    source: str
    stage: str
    count: int
    amount: str
    width: int


@dataclass(frozen=True)
class MonthLine:
    """The deals that were won and lost in a month. Widths: of the bars, by the number of deals, percent."""

    month: str
    won: int
    lost: int
    won_amount: str
    won_width: int
    lost_width: int


def build_pipeline(user: Any, choice: WorkChoice) -> list[StageLine]:
    """Return the open deals by source and stage, in staff's order, in two queries."""
    rows = choice.narrow(live_rows(user, Deal), "owner_ref").filter(status="open")
    groups = rows.values_list("source_id", "scope", "stage_ref", "stage_name").annotate(
        Count("pk"), Sum("value")
    )
    found = list(groups)
    ids = {
        (source, scope, ref): NamedId(source, scope, NameKind.STAGE, ref)
        for source, scope, ref, *_ in found
        if ref
    }
    names, places = _read_stages(user)
    totals: dict[tuple[int, str], tuple[int, Decimal, int]] = {}
    for source, scope, ref, stage_name, count, amount in found:
        name = names.find(ids[source, scope, ref]) if ref else None
        label = name or stage_name or (f"{ref} (unnamed)" if ref else "without a stage")
        before = totals.get((source, label), (0, Decimal(), len(places)))
        place = min(before[2], places.get((source, ref), len(places)))
        totals[source, label] = (before[0] + count, before[1] + (amount or 0), place)
    sources = {source.pk: source for source in choice.sources}
    largest = max((count for count, *_ in totals.values()), default=1)
    in_order = sorted(totals.items(), key=lambda item: (str(sources[item[0][0]]), item[1][2], item[0][1]))
    return [
        StageLine(
            str(sources[source]),
            shorten(label),
            count,
            _describe(amount, sources[source].assumed_currency),
            _width(count, largest),
        )
        for (source, label), (count, amount, _) in in_order
    ]


def build_months(user: Any, choice: WorkChoice) -> list[MonthLine]:
    """Return the months up to this one, the newest first, in the active time zone, in one query."""
    first_days = _list_months()
    start = datetime.combine(first_days[-1], time.min, timezone.get_current_timezone())
    rows = choice.narrow(live_rows(user, Deal), "owner_ref").filter(status__in=STATUSES, closed_at__gte=start)
    groups = rows.annotate(month=TruncMonth("closed_at")).values_list("month", "status", "source_id")
    sources = {source.pk: source for source in choice.sources}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    won: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for month, status, source, count, amount in groups.annotate(Count("pk"), Sum("value")):
        key = f"{month:%Y-%m}"
        counts[key, status] += count
        if status == "won" and amount:
            # Deals state no currency: those of one source have the one that it assumes, or none.
            won[key][sources[source].assumed_currency] += amount
    largest = max(counts.values(), default=1)
    return [
        MonthLine(
            f"{day:%b %Y}",
            counts[key, "won"],
            counts[key, "lost"],
            " + ".join(_describe(amount, currency) for currency, amount in sorted(won[key].items())),
            _width(counts[key, "won"], largest),
            _width(counts[key, "lost"], largest),
        )
        for day in first_days
        for key in (f"{day:%Y-%m}",)
    ]


def deals_url(choice: WorkChoice, status: str) -> str:
    """Return the address of the list of deals of a status."""
    return changelist_url(Deal, status=status, **choice.list_filters)


def _read_stages(user: Any) -> tuple[Names, dict[tuple[int, str], int]]:
    """Return the names of all stages, and (source, id of a stage) -> its place in staff's order."""
    stages = visible_to(user, Name.objects.filter(kind=NameKind.STAGE)).order_by(*STAFF_ORDER)
    rows = list(stages.values_list("source_id", "scope", "ref", "name", "vendor_name"))
    names = {
        NamedId(source, scope, NameKind.STAGE, ref): (name, vendor_name)
        for source, scope, ref, name, vendor_name in rows
    }
    return Names(names), {(source, ref): place for place, (source, _, ref, *_) in enumerate(rows)}


def _list_months() -> list[Any]:
    """Return the first days of this month and of those before it, the newest first."""
    today = timezone.localdate()
    months = (today.year * 12 + today.month - 1 - past for past in range(MONTHS))
    return [today.replace(year=month // 12, month=month % 12 + 1, day=1) for month in months]


def _describe(amount: Decimal, currency: str) -> str:
    text = format_amount(amount)
    return f"{currency} {text} (assumed)" if currency else f"{text} without currency"


def _width(count: int, largest: int) -> int:
    return max(1, round(100 * count / largest)) if count else 0
