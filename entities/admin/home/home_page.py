"""The content of the first page, as values that its template only lays out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from crmmirror.lib.admin_kit.urls import site_page_url
from entities.admin.filtered_pages.work_choice import WorkChoice, read_choice
from entities.admin.home.day_figures import DayFigure, build_day_figures
from entities.admin.home.deal_charts import MonthLine, StageLine, build_months, build_pipeline, deals_url
from entities.admin.recent.recent_list import RecentLine, list_recent


@dataclass(frozen=True)
class Home:
    """The content of the first page: what is due today, open, won and lost; the URLs lead to the deals."""

    choice: WorkChoice
    figures: tuple[DayFigure, ...]
    may_view_deals: bool
    pipeline: list[StageLine]
    months: list[MonthLine]
    pipeline_url: str
    won_url: str
    lost_url: str
    recent: list[RecentLine]


def build_home(request: HttpRequest, sources: Iterable[Any] | None = None) -> Home:
    """Read what the user sees, of the source and the person in the address. Raises UnusableRequest.

    sources: all that the user sees, if they have been read already.
    """
    user, choice = request.user, read_choice(request, sources)
    may_view_deals = user.has_perm("entities.view_deal")
    return Home(
        choice=choice,
        figures=tuple(build_day_figures(user, choice)),
        may_view_deals=may_view_deals,
        pipeline=build_pipeline(user, choice) if may_view_deals else [],
        months=build_months(user, choice) if may_view_deals else [],
        pipeline_url=site_page_url("board", **choice.list_filters),
        won_url=deals_url(choice, "won"),
        lost_url=deals_url(choice, "lost"),
        recent=list_recent(user),
    )
