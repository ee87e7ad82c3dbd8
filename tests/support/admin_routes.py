"""The addresses of the admin, from its URL configuration, and for each a page of it with what is stored."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib.admin import site
from django.urls import Resolver404, URLPattern, URLResolver, resolve

from tests.support.crawler import find_links

PARAMETER = re.compile(r"<[^>]+>")
# The id of a row, below the list of its model: entities/deal/<path:object_id>/change/.
ROW = re.compile(r"(?P<app>\w+)/(?P<model>\w+)/<(?:path:object_id|id|int:source_id)>/[\w/-]*")


def walk_routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Yield the route of each address of the admin, such as events/source/<int:source_id>/rotate/."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk_routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and pattern.name != "logout" and "(?P" not in route:
            yield route


ROUTES = sorted(set(walk_routes(site.urls[0])))
# All records have one admin, so that one model stands for all of them in the quick tests.
SOME_ROUTES = [route for route in ROUTES if not route.startswith("entities/") or "/deal/" in route]


def find_pages(get: Callable[[str], Any], routes: list[str]) -> dict[str, str]:
    """Return route -> an address of it with what is stored. A route that nothing leads to is missing.

    get: returns the answer of an address, such as a client's method.
    An address with other parameters than a row's id is taken from the links of the other pages.
    """
    pages = {route: address for route in routes if (address := _fill_in_row(route)) is not None}
    wanted = set(routes) - set(pages)
    for address in list(pages.values()):
        if not wanted:
            break
        answer = get(address)
        text = b"" if answer.streaming else answer.content
        for link in find_links(address, text.decode(errors="replace")):
            if (route := route_of(link)) in wanted:
                pages[route] = link
                wanted.discard(route)
    return pages


def route_of(address: str) -> str:
    """Return the route of an address of the admin; empty for any other address."""
    try:
        route = resolve(urlsplit(address).path).route
    except Resolver404:
        return ""
    return route.removeprefix("admin/") if route.startswith("admin/") else ""


def _fill_in_row(route: str) -> str | None:
    """Return the address of a route without parameters, or with the id of a row; None for any other one."""
    if not PARAMETER.search(route):
        return f"/admin/{route}"
    match = ROW.fullmatch(route)
    row = match and apps.get_model(match["app"], match["model"])._default_manager.order_by("pk").last()
    return f"/admin/{PARAMETER.sub(str(row.pk), route)}" if row else None
