"""The admin's page about the loads of a source: its address, what it shows, and what its buttons do."""

import re
from html import unescape
from typing import Any

from django.test import Client

from events.models import Event, Source
from tests.support.staff_client import get_page, page_url


def load_page_url(source: Source, act: str = "") -> str:
    """Return the address of the page, or of an act on it."""
    return page_url(source).replace("change/", f"load/{act and act + '/'}")


def press(client: Client, source: Source, act: str, /, **fields: Any) -> str:
    """Post a form of the page; return the text of the page that it leads to."""
    answer = client.post(load_page_url(source, act), fields, follow=True)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return read_words(answer.content.decode())


def show_load(client: Client, source: Source, **query: str | int) -> str:
    """Return the text of the page."""
    return read_words(get_page(client, load_page_url(source), **query))


def read_words(page: str) -> str:
    """Return the text of a page, without its tags and on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def follow_count(client: Client, source: Source, resource: str, kind: str) -> set[int]:
    """Follow the link of a count in the row of a list; return the ids of the events that are listed."""
    page = get_page(client, load_page_url(source))
    [address] = set(re.findall(rf'href="([^"]+load=\d+%2F{resource}%2F{kind})"', page))
    listed = get_page(client, unescape(address))
    return {
        pk
        for pk in Event.objects.values_list("pk", flat=True)
        if f"/admin/events/event/{pk}/change/" in listed
    }
