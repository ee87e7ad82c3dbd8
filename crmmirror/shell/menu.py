"""The navigation as one user meets it on one page: the links that he may open, and their counts."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from crmmirror.lib.admin_kit.urls import site_page_url
from crmmirror.lib.database.capped_count import format_capped
from crmmirror.shell.navigation import NAVIGATION
from entities.admin.saved_views.view_links import list_pinned
from events.reports.operator_counts import MAX_FAILED, OperatorCounts, count_for_operators


@dataclass(frozen=True)
class Link:
    """A link of the menu.

    is_current: it leads to this page, or to the list that this page belongs to.
    count: for people; empty if there is nothing to count, or nothing is. counted: what it counts.
    """

    label: str
    url: str
    is_current: bool
    count: str
    counted: str


@dataclass(frozen=True)
class LinkGroup:
    """The links of one group that the user may open; at least one."""

    title: str
    links: tuple[Link, ...]


def build_menu(request: HttpRequest) -> list[LinkGroup]:
    """Return the navigation of a user, in one query, and in none if no link of his has a count.

    One more if he has pinned saved views.
    """
    urls = {
        entry: site_page_url(entry.url_name)
        for group in NAVIGATION
        for entry in group.entries
        if not entry.permission or request.user.has_perm(entry.permission)
    }
    has_counts = any(entry.count for entry in urls)
    counts = _describe_counts(count_for_operators(request.user) if has_counts else OperatorCounts())
    pinned = _link_pinned_views(request)
    is_at_pinned = any(link.is_current for link in pinned)
    current = "" if is_at_pinned else _find_current(request.path, urls.values())
    links = {
        entry: Link(entry.label, url, url == current, counts.get(entry.count, ""), entry.counted)
        for entry, url in urls.items()
    }
    groups = (
        LinkGroup(
            group.title,
            (
                *(pinned if group.has_pinned_views else ()),
                *(links[entry] for entry in group.entries if entry in links),
            ),
        )
        for group in NAVIGATION
    )
    return [group for group in groups if group.links]


def _link_pinned_views(request: HttpRequest) -> tuple[Link, ...]:
    address = request.get_full_path()
    return tuple(
        Link(
            f"{one.label} (shared by {one.shared_by})" if one.shared_by else one.label,
            one.url,
            is_current=one.url == address,
            count="",
            counted="",
        )
        for one in list_pinned(request.user)
    )


def _find_current(path: str, urls: Iterable[str]) -> str:
    """Return the longest of the addresses below which the path is; that of the first page is only its own."""
    home = reverse("admin:index")
    return max(
        (url for url in urls if path.startswith(url) and (url != home or path == home)), key=len, default=""
    )


def _describe_counts(counts: OperatorCounts) -> dict[str, str]:
    """Return field of OperatorCounts -> its count for people; empty if there is nothing to look at."""
    return {
        "failed": format_capped(counts.failed, MAX_FAILED) if counts.failed else "",
        "refused": f"{counts.refused:,}" if counts.refused else "",
        "drift": str(counts.drift)
        if counts.drift and (counts.drift.count or counts.drift.is_lower_bound)
        else "",
    }
