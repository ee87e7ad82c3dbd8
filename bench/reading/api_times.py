"""Measures the times and the numbers of queries of the API's addresses, on a mirror that is filled."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bench.reading.page_times import SEARCHES, find_fullest
from bench.reading.reader_token import create_token
from bench.reading.visits import Page, measure_pages
from bench.report import Table

ROOT = "/api/v1/"
# Pages of MAX_PAGE_SIZE rows in front of the page that is far down.
FAR_PAGES = 40
MAX_PAGE_SIZE = 500
# The filters that have an index, besides references, if a kind of record has such a column.
INDEXED_COLUMNS = ("external_id", "email", "phone", "conversation_ref")


def measure() -> Table:
    """Visit each address with a superuser's token, which sees everything."""
    from django.test import Client

    client = Client(headers={"authorization": f"Token {create_token()}", "host": "localhost"})
    return measure_pages(
        "Addresses of the API",
        "Lists with every order and filter that has an index, and a page far down: after"
        f" {FAR_PAGES * MAX_PAGE_SIZE:,} rows, or the last one of fewer. The slowest address counts, and the"
        " one with the most queries. No web server in between.",
        client,
        _find_addresses(client),
    )


def _find_addresses(client: Any) -> Iterator[Page]:
    """Yield each address of the API, and what is below the fullest records."""
    from entities.api.views import api_path
    from entities.models.introspection import entities_by_name, record_models

    for words in SEARCHES:
        yield Page(f"Search for `{words}`", "API search", [f"{ROOT}search/?{urlencode({'q': words})}"])
    for model in record_models():
        path = f"{ROOT}{api_path(model)}/"
        name = api_path(model)
        yield Page(f"{name}, in each order", "API page", [path, *_ordered(path, model)])
        yield Page(f"{name}, filtered", "API page", list(_filtered(path, model)))
        yield Page(f"{name}, 500 rows", "API page of 500", [f"{path}?page_size={MAX_PAGE_SIZE}"])
        yield Page(f"{name}, far down", "API page", _far_down(client, path))
        records = [f"{path}{id}/" for id in find_fullest(model)]
        yield Page(f"{name}, one", "API record", records)
        below = [f"{record}{part}/" for record in records for part in ("timeline", "history", "provenance")]
        yield Page(f"{name}, below one", "API history of one", below)
    yield Page("events", "API page", [f"{ROOT}events/", f"{ROOT}events/?status=failed"])
    yield Page("events, far down", "API page", _far_down(client, f"{ROOT}events/"))
    kinds = [f"{ROOT}changes/?entity={name}&page_size={MAX_PAGE_SIZE}" for name in entities_by_name()]
    everything = f"{ROOT}changes/?page_size={MAX_PAGE_SIZE}"
    yield Page("changes", "API changes", [everything, *kinds])
    yield Page("changes, far down", "API changes", _walk(client, everything))
    yield Page("history", "API page of 500", _runs("history/?entity=deal&column=stage"))
    yield Page("summary", "API summary", [f"{ROOT}deals/summary/?group_by=stage&measure=count,sum:value"])
    stays = [f"{ROOT}deals/funnel/", f"{ROOT}deals/time-in-stage/"]
    yield Page("funnel, time in stage", "API runs of stages", stays)


def _runs(address: str) -> list[str]:
    return [f"{ROOT}{address}&page_size={MAX_PAGE_SIZE}"]


def _ordered(path: str, model: type[Any]) -> Iterator[str]:
    """Yield a list's addresses in each order that has an index."""
    from entities.api.pages.orderings import find_indexed_columns

    for column in find_indexed_columns(model):
        yield from (f"{path}?ordering={sign}{column}" for sign in ("", "-"))


def _filtered(path: str, model: type[Any]) -> Iterator[str]:
    """Yield a list's addresses with each filter that has an index, for a value that many records have."""
    from django.db.models import Count

    yield f"{path}?search=jane"
    yield f"{path}?search=zzzzzz"
    fields = {field.name: field for field in model._meta.concrete_fields}
    references = [name for name, field in fields.items() if field.is_relation and name != "source"]
    for name in (*references, *(column for column in INDEXED_COLUMNS if column in fields)):
        rows = model.objects.filter(**{f"{name}__isnull": False})
        counted = rows.values_list(fields[name].attname).annotate(n=Count("id")).order_by("-n")
        for value, _ in islice((row for row in counted[:2] if row[0] != ""), 1):
            yield f"{path}?{urlencode({name: value})}"


def _far_down(client: Any, path: str) -> list[str]:
    """Return the address of a list's page of the usual size after FAR_PAGES larger ones."""
    pages = _walk(client, f"{path}?page_size={MAX_PAGE_SIZE}&fields=id")
    cursors = [dict(parse_qsl(urlsplit(page).query)).get("cursor") for page in pages]
    return [f"{path}?{urlencode({'cursor': cursor})}" for cursor in cursors if cursor]


def _walk(client: Any, address: str) -> list[str]:
    """Return the address of the page after FAR_PAGES pages, or of the last one if there are fewer."""
    for _ in range(FAR_PAGES):
        following = client.get(address).json()["next"]
        if following is None:
            break
        address = following
    return [address]
