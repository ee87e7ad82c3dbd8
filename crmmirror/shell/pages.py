"""The table of the admin's pages that belong to no model: their routes, names and views."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from entities.admin.agenda.agenda_page import agenda_page
from entities.admin.conversations import addresses
from entities.admin.conversations.conversation_list import conversation_list
from entities.admin.conversations.conversation_page import conversation_page
from entities.admin.money.overdue_page import overdue_page
from entities.admin.record_page.person_link import PERSON_PAGE
from entities.admin.sales.board_page import board_page
from entities.admin.saved_views.view_pages import change_view_page, save_view_page, saved_views_page
from entities.admin.search.search_page import search_page
from events.admin.person_pages import person_export_page, person_page


@dataclass(frozen=True)
class SitePage:
    """A page of the admin site.

    name: in the admin's namespace. view: takes the request, the context of every admin page, and the parts of
    the route by their names.
    """

    route: str
    name: str
    view: Callable[..., HttpResponseBase]


SITE_PAGES = (
    SitePage(addresses.LIST_ROUTE, addresses.LIST_NAME, conversation_list),
    SitePage(addresses.PAGE_ROUTE, addresses.PAGE_NAME, conversation_page),
    SitePage("search/", "search", search_page),
    SitePage("board/", "board", board_page),
    SitePage("agenda/", "agenda", agenda_page),
    SitePage("views/", "saved_views", saved_views_page),
    SitePage("views/save/", "save_view", save_view_page),
    SitePage("views/<int:view_id>/", "change_view", change_view_page),
    SitePage("overdue/", "overdue", overdue_page),
    SitePage("person/<str:record_type>/<int:record_id>/", PERSON_PAGE, person_page),
    SitePage("person/<str:record_type>/<int:record_id>/export/", f"{PERSON_PAGE}_export", person_export_page),
)


def make_page_urls(site: AdminSite) -> list[URLPattern]:
    """Return the addresses of the pages in the table, for those who are logged in to the site."""
    return [path(page.route, site.admin_view(_make_view(site, page)), name=page.name) for page in SITE_PAGES]


def _make_view(site: AdminSite, page: SitePage) -> Callable[..., Any]:
    def show_page(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        return page.view(request, site.each_context(request), **parts)

    return show_page
