"""Follows the links of the admin's pages, and of the API's answers, as one visitor."""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.test import Client

from crmmirror.api_urls import VIEWSETS
from entities.api.rows.shown_fields import list_references
from entities.models.introspection import entities_by_name

LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')
# What differs between two visits of one page.
CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
# Log out ends the visit; the static files are no pages.
LEFT_OUT = ("/admin/logout/", "/static/", "/webhooks/")
# A cursor of the change feed is encrypted, and each answer has another one.
CURSORS = ("cursor", "next")
# Words that many samples have, or begin with. Nothing links to a search, so a visit asks for these by itself.
SEARCHES = ("jane", '"jane doe"', "a", "s", "example.com", "971", "zz")
# Below a list of records. Who has no stages answers 404.
SUMMARIES = (
    *("summary/", "summary/?group_by=source,sub_account&bucket=day:changed_at&as_of=nonsense"),
    *("summary/?group_by=source,sub_account", "summary/?as_of=2100-01-01&group_by=source,sub_account"),
    *("funnel/", "time-in-stage/"),
)


def crawl_admin(
    client: Client, *, follows_queries: bool = True, also: Iterable[str] = ()
) -> dict[str, tuple[int, str]]:
    """Return address -> status and text of each page that links lead to, the nearest first.

    follows_queries: follow links with a query string, such as the filters of a list. On a page that has one,
    links with another are not followed: they would be all combinations of all filters.
    also: addresses to begin with, to which no link may lead.
    """
    pages: dict[str, tuple[int, str]] = {}
    searches = (f"/admin/search/?{urlencode({'q': words})}" for words in SEARCHES)
    waiting = deque(["/admin/", *searches, *also])
    seen = set(waiting)
    while waiting:
        address = waiting.popleft()
        answer = client.get(address)
        content = b"".join(answer) if answer.streaming else answer.content
        text = CHANGING.sub("", content.decode(errors="replace"))
        pages[address] = answer.status_code, text
        for link in find_links(address, text):
            is_left_out = urlsplit(link).query and (urlsplit(address).query or not follows_queries)
            if link not in seen and not is_left_out:
                seen.add(link)
                waiting.append(link)
    return pages


def find_links(address: str, text: str) -> Iterator[str]:
    """Yield the addresses in this mirror that a page links to, without what stands behind a #."""
    for link in LINK.findall(text):
        absolute = urljoin(address, unescape(link)).partition("#")[0]
        if absolute.startswith("/") and not absolute.startswith(LEFT_OUT):
            yield absolute


def crawl_api(
    client: Client, headers: dict[str, str], *, also: Iterable[str] = ()
) -> dict[str, tuple[int, Any]]:
    """Return address -> status and content of each path of the API, of each row, and of what is below it.

    also: further addresses.
    """
    answers: dict[str, tuple[int, Any]] = {}

    def read(address: str) -> Any:
        answer = client.get(address, headers=headers)
        content = b"".join(answer) if answer.streaming else answer.content
        is_json = "json" in answer.get("Content-Type", "") and not answer.streaming
        answers[address] = answer.status_code, json.loads(content) if is_json else content.decode()
        return answers[address][1]

    for address in (*(f"/api/v1/search/?{urlencode({'q': words})}" for words in SEARCHES), *also):
        read(address)
    for name, url in read("/api/v1/").items():
        if name == "history":
            for entity in entities_by_name():
                read(f"{urlsplit(url).path}?entity={entity}&page_size=500")
        if name in ("schema", "docs", "search", "history"):
            continue
        if name == "changes":
            crawl_changes(client, headers, answers)
            continue
        path = urlsplit(url).path
        options = "?page_size=500&include_deleted=true&include_placeholders=true"
        for address in SUMMARIES if "first_event_at" in str(read(path)) else ():
            read(path + address)
        rows = read(path + (options if "first_event_at" in str(read(path)) else "?page_size=500"))
        read(f"{path}?format=ndjson")
        read(f"{path}?format=csv&ordering=-id")
        if references := list_references(VIEWSETS[name].shown_fields):
            read(f"{path}{options}&expand={','.join(references)}")
            read(f"{path}{options}&format=ndjson")
        read(f"{path}?ordering=nonsense")
        read(f"{path}?source=nonsense")
        for row in rows.get("results", ()):
            own = f"{path}{row.get('id', row.get('slug'))}/"
            if "external_id" in read(own):
                for part in ("timeline", "history", "provenance", "same"):
                    read(f"{own}{part}/")
    return answers


def crawl_changes(client: Client, headers: dict[str, str], answers: dict[str, tuple[int, Any]]) -> None:
    """Add the answers of the change feed: its pages from zero, its refusals, and the digest of each kind."""
    address = "/api/v1/changes/"
    queries: list[tuple[str, dict[str, Any]]] = [
        (address, {"page_size": 500} | options)
        for options in (
            {},
            {"include_deleted": "true", "include_placeholders": "true"},
            {"after": "nonsense"},
        )
    ]
    queries += [(f"{address}digest/", {"entity": entity}) for entity in (*entities_by_name(), "nonsense")]
    for path, query in queries:
        answer = client.get(path, query, headers=headers)
        content = {name: value for name, value in answer.json().items() if name not in CURSORS}
        answers[f"{path}?{urlencode(query)}"] = answer.status_code, content
