"""The board: open deals by stage, who has which sums, and what was won and lost this month."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from entities.access.permissions import VIEW_RECORDS
from entities.access.visibility import viewer_of, visible_to
from entities.admin.filtered_pages.ref_choices import read_sources
from entities.admin.record_columns import describe_currencies
from entities.admin.record_filters import DEFAULT_STALE_DAYS
from entities.admin.record_links import record_link
from entities.admin.sales.board_columns import BoardColumn, read_board
from entities.admin.sales.board_filters import BoardFilters, read_board_filters
from entities.currencies import Total, assumed_currency, stated_currency, total_by
from entities.models import Deal, NameKind
from entities.names import NamedId, Names, read_names


def board_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the board that the address asks for. context: what the template of every admin page needs."""
    if not request.user.has_perm(VIEW_RECORDS):
        raise PermissionDenied
    viewer = viewer_of(request)
    sources = read_sources(viewer)
    filters = read_board_filters(request, sources)
    live = visible_to(viewer, Deal.objects.filter(is_deleted=False, is_placeholder=False))
    stale_days = int(filters.chosen.get("stale", DEFAULT_STALE_DAYS))
    board = read_board(filters.narrow(live), {row.pk: str(row) for row in sources}, stale_days)
    context |= {
        "title": "Board",
        "filters": filters.filters,
        "columns": [_show_column(column, filters, board.names, stale_days) for column in board.columns],
        "owners": [(name, total, _sums(total)) for name, total in board.owners.items()],
        "stale_days": stale_days,
        "months": list(_closed_this_month(filters.narrow_to_place(live))),
        "month": timezone.localdate().replace(day=1),
    }
    return TemplateResponse(request, "entities/board_page.html", context)


def _sums(total: Total) -> str:
    return describe_currencies(total.sums) or "no value"


def _show_column(column: BoardColumn, filters: BoardFilters, names: Names, stale_days: int) -> dict[str, Any]:
    url = ""
    if column.key.is_ref and column.cards:
        url = filters.list_url(stage_ref=column.key.text or "", source=column.cards[0].source.slug)
    return {
        "title": column.title,
        "source": column.source,
        "total": column.total,
        "sums": _sums(column.total),
        "url": url,
        "cards": [_show_card(card, names, stale_days) for card in column.cards],
    }


def _show_card(deal: Deal, names: Names, stale_days: int) -> dict[str, Any]:
    days = (timezone.now() - deal.stage_since).days if deal.stage_since else None
    party = deal.client or deal.contact
    return {
        "deal": deal,
        "link": record_link(deal),
        "party": record_link(party) if party else "",
        "owner": names.find_in_column(deal, "owner_ref") or deal.owner_ref or "",
        "days": days,
        "is_stale": days is not None and days >= stale_days,
        "currency": stated_currency(deal),
        "assumed_currency": assumed_currency(deal),
    }


def _closed_this_month(rows: QuerySet[Deal]) -> Iterator[dict[str, Any]]:
    """Yield the totals won and lost since the first of the month, in the viewer's time zone, by owner."""
    first = timezone.localdate().replace(day=1)
    start = datetime.combine(first, time.min, timezone.get_current_timezone())
    closed = rows.filter(Q(status="won") | Q(status="lost"), closed_at__gte=start)
    keys = {"word": F("status"), "source_key": F("source_id"), "scope_key": F("scope")}
    groups = total_by(closed, "value", keys | {"owner_key": Left("owner_ref", 255)})
    ids = {key: NamedId(key[1], key[2], NameKind.PERSON, key[3]) for key in groups if key[3]}
    names = read_names(ids.values())
    for key, total in sorted(groups.items(), key=lambda item: (item[0][0] != "won", -item[1].count)):
        owner = (names.find(ids[key]) or key[3]) if key in ids else "nobody"
        yield {"word": key[0], "owner": owner, "total": total, "sums": _sums(total)}
