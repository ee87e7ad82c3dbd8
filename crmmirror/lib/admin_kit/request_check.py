"""Checks what a request asks of an admin page, before the page reads it."""

import re
from collections.abc import Iterable

from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten

# Characters that no text in the database has. A query with one of them is an error of the database.
UNSTORABLE_CHARACTERS = re.compile("[\x00\ud800-\udfff]")


class UnusableRequest(SuspiciousOperation):
    """A part of the request cannot be used; the message says which, and why."""


# What an admin page raises if the request asks for something that the page does not offer.
REQUEST_ERRORS = (UnusableRequest, DisallowedModelAdminToField)


def check_query(request: HttpRequest) -> None:
    """Raise UnusableRequest if a name or value in the query has one of UNSTORABLE_CHARACTERS."""
    for name, values in request.GET.lists():
        if any(UNSTORABLE_CHARACTERS.search(text) for text in (name, *map(str, values))):
            raise UnusableRequest(
                f"The parameter {shorten(name)!r} contains a character that no text has, such as NUL"
            )


def refuse_unknown_parameters(request: HttpRequest, names: Iterable[str] = ()) -> None:
    """Raise UnusableRequest if the query has a parameter other than these, which it then lists."""
    known = tuple(names)
    if unknown := sorted(set(request.GET) - set(known)):
        hint = ", ".join(known) or "none"
        raise UnusableRequest(f"This page has no filter {shorten(unknown[0])!r}; it has: {hint}")
