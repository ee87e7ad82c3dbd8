"""Visits addresses, and shows their times and numbers of queries beside their budgets."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.reading.budgets import BUDGETS
from bench.report import Table

ROUNDS = 3
TRANSACTION_CONTROL = ("BEGIN", "COMMIT")
# What the test client puts in front of the addresses of further pages.
SERVER = "http://localhost"
MAX_SHOWN_LENGTH = 80
HEADING = ("page", "addresses", "slowest", "at most", "queries", "at most", "", "address of the slowest")


@dataclass(frozen=True)
class Page:
    """Addresses that have one budget. kind: a key of BUDGETS."""

    name: str
    kind: str
    addresses: Iterable[str]


@dataclass(frozen=True)
class Visit:
    """A visit of an address: its milliseconds, and how many queries it sent."""

    address: str
    milliseconds: float
    queries: int


def measure_pages(title: str, description: str, client: Any, pages: Iterable[Page]) -> Table:
    """Visit the pages in this process, without a web server.

    An address is visited once so that nothing is read from the disk, once to count its queries, and then
    ROUNDS times; the median counts. Of the addresses of one page the slowest is in the table.
    """
    rows = [row for page in pages for row in _measure_page(client, page)]
    return Table(title, f"{count_events():,} events. {description}", HEADING, rows)


def _measure_page(client: Any, page: Page) -> Iterator[tuple[str, ...]]:
    """Yield the row of a page; none if it has no addresses."""
    visits = [_visit(client, address) for address in page.addresses]
    if not visits:
        return
    budget = BUDGETS[page.kind]
    slowest = max(visits, key=lambda visit: visit.milliseconds)
    queries = max(visit.queries for visit in visits)
    is_kept = slowest.milliseconds <= budget.milliseconds and queries <= budget.queries
    yield (
        page.name,
        f"{len(visits)}",
        _mark(f"{slowest.milliseconds:.0f} ms", is_kept=slowest.milliseconds <= budget.milliseconds),
        f"{budget.milliseconds} ms",
        _mark(f"{queries}", is_kept=queries <= budget.queries),
        f"{budget.queries}",
        "reached" if is_kept else "**not reached**",
        f"`{_shorten(slowest.address)}`",
    )


def _shorten(address: str) -> str:
    """Return the address without its server, and without the end of a long cursor."""
    shown = address.removeprefix(SERVER)
    return shown if len(shown) <= MAX_SHOWN_LENGTH else f"{shown[:MAX_SHOWN_LENGTH]}…"


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


def count_events() -> int:
    """Return how many events the mirror has."""
    from events.models import Event

    return Event.objects.count()
