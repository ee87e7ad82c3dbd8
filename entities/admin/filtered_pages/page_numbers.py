"""Reads the page's number of a page that is no list, from its address."""

from django.core.paginator import Page
from django.http import HttpRequest

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.request_check import UnusableRequest

PAGE_PARAMETER = "p"


def read_page(request: HttpRequest, paginator: CappedPaginator) -> Page:
    """Return the page that the address asks for, the first one by default. Raises UnusableRequest."""
    text = request.GET.get(PAGE_PARAMETER, "1")
    if not ID_PATTERN.fullmatch(text) or not 1 <= int(text) <= paginator.num_pages:
        raise UnusableRequest(f"This list has no page {shorten(text)!r}")
    return paginator.page(int(text))
