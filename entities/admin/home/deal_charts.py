"""The open pipeline by stage, and what was won and lost by month: rows of a table, each with a bar."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db.models import F
from django.db.models.functions import TruncMonth
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import format_amount, shorten
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.admin.agenda.work_rows import live_rows
from entities.admin.filtered_pages.work_choice import WorkChoice
from entities.admin.sales.board_columns import LAST, read_stage_positions
from entities.currencies import CurrencySum, Total, add_totals, total_by
from entities.models import Deal, NameKind
from entities.names import NamedId, read_names

MONTHS = 12
STATUSES = ("won", "lost")
STAGE_KEYS = {
    "source_key": F("source_id"),
    "scope_key": F("scope"),
    "ref_key": F("stage_ref"),
    "name_key": F("stage_name"),
}


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
    """Return the open deals by source and stage, in staff's order, in three queries."""
    rows = choice.narrow(live_rows(user, Deal), "owner_ref").filter(status="open")
    found = total_by(rows, "value", STAGE_KEYS)
    names = read_names(NamedId(source, scope, NameKind.STAGE, ref) for source, scope, ref, _ in found if ref)
    positions = read_stage_positions((source, ref) for source, _, ref, _ in found if ref)
    totals: dict[tuple[int, str], Total] = defaultdict(Total)
    placed: dict[tuple[int, str], int] = {}
    for (source, scope, ref, stage_name), total in found.items():
        name = names.find(NamedId(source, scope, NameKind.STAGE, ref)) if ref else None
        key = (source, name or stage_name or (f"{ref} (unnamed)" if ref else "without a stage"))
        totals[key] = add_totals((totals[key], total))
        placed[key] = min(placed.get(key, LAST), positions.get((source, ref), LAST))
    sources = {source.pk: str(source) for source in choice.sources}
    largest = max((total.count for total in totals.values()), default=1)
    return [
        StageLine(
            sources[source],
            shorten(label),
            total.count,
            _describe(total) or "no value",
            _width(total.count, largest),
        )
        for (source, label), total in sorted(
            totals.items(), key=lambda item: (sources[item[0][0]], placed[item[0]], item[0][1])
        )
    ]


def build_months(user: Any, choice: WorkChoice) -> list[MonthLine]:
    """Return the months up to this one, the newest first, in the active time zone, in one query."""
    first_days = _list_months()
    start = datetime.combine(first_days[-1], time.min, timezone.get_current_timezone())
    rows = choice.narrow(live_rows(user, Deal), "owner_ref").filter(status__in=STATUSES, closed_at__gte=start)
    found = total_by(rows, "value", {"month": TruncMonth("closed_at"), "word": F("status")})
    totals = defaultdict(Total, {(f"{month:%Y-%m}", word): total for (month, word), total in found.items()})
    largest = max((total.count for total in totals.values()), default=1)
    return [
        MonthLine(
            f"{day:%b %Y}",
            won.count,
            lost.count,
            _describe(won),
            _width(won.count, largest),
            _width(lost.count, largest),
        )
        for day in first_days
        for won, lost in [[totals[f"{day:%Y-%m}", word] for word in STATUSES]]
    ]


def deals_url(choice: WorkChoice, status: str) -> str:
    """Return the address of the list of deals of a status."""
    return changelist_url(Deal, status=status, **choice.list_filters)


def _list_months() -> list[Any]:
    """Return the first days of this month and of those before it, the newest first."""
    today = timezone.localdate()
    months = (today.year * 12 + today.month - 1 - past for past in range(MONTHS))
    return [today.replace(year=month // 12, month=month % 12 + 1, day=1) for month in months]


def _describe(total: Total) -> str:
    """Return the sums as one text; empty if no deal has a value."""
    return " + ".join(map(_describe_sum, total.sums))


def _describe_sum(one: CurrencySum) -> str:
    text = format_amount(one.amount)
    if one.currency is None:
        return f"{text} without currency"
    return f"{one.currency} {text} (assumed)" if one.is_assumed else f"{one.currency} {text}"


def _width(count: int, largest: int) -> int:
    return max(1, round(100 * count / largest)) if count else 0
