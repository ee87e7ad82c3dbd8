"""The filters of a page that is no list: each is a choice of a form that the address holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest

Choice = tuple[str, str]
MAX_LISTED_CHOICES = 20


@dataclass(frozen=True)
class PageFilter:
    """A filter as the form shows it.

    choices: value and label; none if the value is typed. value: the chosen one, or empty for any.
    is_required: any is not offered. input_type: of the field into which the value is typed, such as date.
    """

    name: str
    label: str
    choices: tuple[Choice, ...]
    value: str
    is_required: bool = False
    input_type: str = ""


def read_filter(
    request: HttpRequest, name: str, label: str, choices: Sequence[Choice], default: str = ""
) -> PageFilter:
    """Return the filter with what is chosen. Raises UnusableRequest if that is not offered."""
    value = request.GET.get(name, "") or default
    values = [offered for offered, _ in choices]
    if value and value not in values:
        more = ", …" if len(values) > MAX_LISTED_CHOICES else ""
        hint = f"it has: {', '.join(values[:MAX_LISTED_CHOICES])}{more}" if values else "it has none"
        raise UnusableRequest(f"The filter {name!r} has no choice {shorten(value)!r}; {hint}")
    return PageFilter(name, label, tuple(choices), value, is_required=bool(default))


def read_open_filter(request: HttpRequest, name: str, label: str, choices: Sequence[Choice]) -> PageFilter:
    """Return the filter for an id, which may be one that is not offered: then nothing may be found."""
    value = request.GET.get(name, "")
    known = any(value == offered for offered, _ in choices)
    added = [] if known or not value else [(value, f"{shorten(value)} (unknown)")]
    return PageFilter(name, label, (*choices, *added), value)
