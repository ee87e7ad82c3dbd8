"""Measures the times and the numbers of queries of the admin's pages, on a mirror that is filled."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench.report import Table

ROUNDS = 3
TRANSACTION_CONTROL = ("BEGIN", "COMMIT")
OVERVIEWS = ("board", "agenda", "overdue")
SEARCHES = ("jane", "jane smith", '"jane smith"', "+971 50", "inv-4", "@example.com", "zzzzzz")
# What is asked of an input without choices, by its kind.
ASKED_VALUES = {"date": "2026-06-01", "text": "1000", "search": "jane", "number": "1000"}


@dataclass(frozen=True)
class Budget:
    """The limits of a page: milliseconds, and queries."""

    milliseconds: int
    queries: int


LIST = Budget(300, 12)
RECORD = Budget(300, 15)
OVERVIEW = Budget(500, 25)
SEARCH = Budget(150, 25)


@dataclass(frozen=True)
class Visit:
    """A visit of an address: its milliseconds, and how many queries it sent."""

    address: str
    milliseconds: float
    queries: int


def measure() -> Table:
    """Visit each page as a superuser, who sees everything, in this process and without a web server.

    An address is visited once so that nothing is read from the disk, once to count its queries, and then
    ROUNDS times; the median counts. Of the addresses of one page the slowest is in the table.
    """
    with find_contexts():
        client = log_in()
        rows = [_measure_page(client, *page) for page in _find_pages(client)]
    return Table(
        "Pages of the admin",
        f"{_count_events():,} events. Each address of a page, the lists with every offered filter and every"
        " order; the slowest of them counts, and the one with the most queries. No web server in between.",
        ("page", "addresses", "slowest", "at most", "queries", "at most", "address of the slowest"),
        rows,
    )


@contextmanager
def find_contexts() -> Iterator[None]:
    """Let answers have the context of their templates for the block, as they have in tests."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    try:
        yield
    finally:
        teardown_test_environment()


def log_in() -> Any:
    """Return a client that is logged in as a superuser."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    user, _ = get_user_model().objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    return client


def _measure_page(client: Any, name: str, budget: Budget, addresses: Iterable[str]) -> tuple[str, ...]:
    visits = [_visit(client, address) for address in addresses]
    slowest = max(visits, key=lambda visit: visit.milliseconds)
    queries = max(visit.queries for visit in visits)
    return (
        name,
        f"{len(visits)}",
        _mark(f"{slowest.milliseconds:.0f} ms", is_kept=slowest.milliseconds <= budget.milliseconds),
        f"{budget.milliseconds} ms",
        _mark(f"{queries}", is_kept=queries <= budget.queries),
        f"{budget.queries}",
        f"`{slowest.address}`",
    )


def _mark(figure: str, *, is_kept: bool) -> str:
    return figure if is_kept else f"**{figure}**"


def _visit(client: Any, address: str) -> Visit:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _get(client, address)
    with CaptureQueriesContext(connection) as queries:
        _get(client, address)
    # Before the next request, which empties the log of queries.
    count = sum(query["sql"] not in TRANSACTION_CONTROL for query in queries)
    return Visit(address, median(_get(client, address) for _ in range(ROUNDS)), count)


def _get(client: Any, address: str) -> float:
    """Return how many milliseconds the answer took. Raises ValueError for one that is no page."""
    started_at = time.perf_counter()
    response = client.get(address)
    milliseconds = (time.perf_counter() - started_at) * 1000
    if response.status_code not in (200, 302):
        raise ValueError(f"{address} answered {response.status_code}")
    return milliseconds


def _find_pages(client: Any) -> Iterator[tuple[str, Budget, list[str]]]:
    """Yield each page: its name, its budget, and its addresses."""
    from django.urls import reverse

    from entities.admin.conversations.addresses import LIST_NAME, conversation_url
    from entities.models import Conversation
    from entities.models.introspection import record_models

    yield "Home", OVERVIEW, [reverse("admin:index")]
    for name in OVERVIEWS:
        yield name.capitalize(), OVERVIEW, [reverse(f"admin:{name}")]
    words = [f"{reverse('admin:search')}?{urlencode({'q': word})}" for word in SEARCHES]
    yield "Search", SEARCH, words
    yield "Conversations", LIST, [reverse(f"admin:{LIST_NAME}")]
    longest = Conversation.objects.order_by("-message_count").select_related("source")[:3]
    yield "Conversation", RECORD, [conversation_url(one).partition("#")[0] for one in longest]
    for model in record_models():
        name = str(model._meta.verbose_name_plural).capitalize()
        yield f"{name}, list", LIST, list(_list_addresses(client, model))
        pages = [
            reverse(f"admin:entities_{model._meta.model_name}_change", args=[id]) for id in _fullest(model)
        ]
        if pages:
            yield f"{name}, page", RECORD, pages


def _list_addresses(client: Any, model: type[Any]) -> Iterator[str]:
    """Yield a list's addresses: as it opens, in each order, and with each choice of each filter."""
    from django.urls import reverse

    from crmmirror.lib.admin_kit.filter_row import build_filter_row
    from entities.admin.lists.list_choice import sortable_columns

    address = reverse(f"admin:entities_{model._meta.model_name}_changelist")
    yield address
    for column in sortable_columns(model):
        yield from (f"{address}?o={sign}{column}" for sign in ("", "-"))
    changelist = client.get(address).context["cl"]
    row = build_filter_row(changelist)
    for one in (*row.prominent, *row.folded):
        yield from (f"{address}{url}" for _, url, _ in one.links)
        for given in one.inputs:
            values = [value for value, _ in given.choices] or [ASKED_VALUES[given.kind]]
            yield from (f"{address}?{urlencode({given.name: value})}" for value in values if value)


def _fullest(model: type[Any]) -> list[int]:
    """Return the ids of the records to which the most records of some model refer, and of the newest one."""
    from django.db.models import Count

    from entities.models.introspection import record_models

    ids = list(model.objects.order_by("-id").values_list("id", flat=True)[:1])
    for other in record_models():
        for field in other._meta.concrete_fields:
            if field.related_model is model:
                counts = other._default_manager.filter(**{f"{field.name}__isnull": False}).values_list(
                    field.attname
                )
                ids += [id for id, _ in counts.annotate(n=Count("id")).order_by("-n")[:1]]
    return list(dict.fromkeys(ids))


def _count_events() -> int:
    from events.models import Event

    return Event.objects.count()
