"""Measures summaries and the history of many deals, against one request for each page or record."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench import backlog
from bench.report import Result, first_median

DEALS = 95_000
EVENTS_A_DEAL = 5
# The deals of the side that asks for one page, or one record, after the other.
PAGED_DEALS = 10_000
SINGLE_DEALS = 200
INSERT_DEALS = """
    INSERT INTO entities_deal (source_id, external_id, is_placeholder, created_at, value, status, stage_ref)
    SELECT %s, 'd' || n, false, '2024-01-01Z'::timestamptz + n * '12 minutes'::interval, n %% 1000,
        (ARRAY['open', 'won', 'lost'])[1 + n %% 3], 's' || n %% 10
    FROM generate_series(1, %s) AS n
"""
# All entries are of one event, which changes nothing: none of what is measured reads events.
INSERT_ENTRIES = f"""
    INSERT INTO entities_timelineentry (record_type, record_id, event_id, clock, wrote)
    SELECT 'deal', id, %s,
        to_char((created_at + n * '5 days'::interval) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            || ' 2 ' || encode(sha256((id || '-' || n)::bytea), 'hex'),
        jsonb_build_object(
            'exists', true, 'status', CASE WHEN n < {EVENTS_A_DEAL} THEN 'open' ELSE status END,
            'stage_ref', 's' || (id + n / 2) %% 10, 'stage_name', 'Stage', 'value', (value + n)::text,
            'title', 'Deal ' || id, 'extra.note', repeat('x', 200)
        )
    FROM entities_deal, generate_series(1, {EVENTS_A_DEAL}) AS n ORDER BY n, id
"""


def measure(rounds: int) -> list[Result]:
    """Measure in this process, without a web server in between."""
    store_deals()
    get = make_reader()
    return [
        _measure_time(get, rounds, "Stage by month", 500, STAGE_BY_MONTH),
        _measure_time(get, rounds, "The pipeline as of a day", 3000, PIPELINE_AS_OF),
        _measure_time(get, rounds, "Time in stage", 3000, "deals/time-in-stage/"),
        _measure_time(
            get, rounds, "A page of 500 runs", 300, "history/?entity=deal&column=stage&page_size=500"
        ),
        _compare_with_pages(get, rounds),
        _compare_with_single_histories(get, rounds),
    ]


STAGE_BY_MONTH = "deals/summary/?" + urlencode(
    {"group_by": "stage", "bucket": "month:created_at", "measure": "count,sum:value", "tz": "Asia/Dubai"}
)
PIPELINE_AS_OF = "deals/summary/?group_by=stage,status&measure=count,sum:value&as_of=2025-03-01"


def store_deals() -> None:
    """Fill an empty mirror with deals, each with a few entries of its timeline."""
    from crmmirror.lib.database.cursors import execute
    from events.models import Event, Source

    backlog.empty_tables()
    source = Source.objects.create(slug="deals", vendor="heffl", scheme="none", assumed_currency="AED")
    event = Event.objects.create(
        source=source,
        digest=b"x",
        body=b"",
        occurred_at=backlog.COMPANY_TIME,
        received_at=backlog.COMPANY_TIME,
    )
    execute(INSERT_DEALS, source.pk, DEALS)
    execute(INSERT_ENTRIES, event.pk)
    backlog.vacuum_analyze()


def make_reader() -> Callable[[str], Any]:
    """Return a function that asks for an address below /api/v1/ as a superuser, and returns its JSON."""
    from django.test import Client

    from bench.reading.reader_token import create_token

    client = Client(headers={"authorization": f"Token {create_token()}", "host": "localhost"})

    def get(address: str) -> Any:
        answer = client.get(address if address.startswith("http") else f"/api/v1/{address}")
        if answer.status_code != 200:
            raise RuntimeError(f"{address} was answered with {answer.status_code}: {answer.content[:200]!r}")
        return answer.json()

    return get


def milliseconds(action: Callable[[], Any]) -> float:
    started_at = time.monotonic()
    action()
    return (time.monotonic() - started_at) * 1000


def _measure_time(get: Callable[[str], Any], rounds: int, title: str, limit: int, address: str) -> Result:
    get(address)
    return Result(
        title,
        f"`{address}` over {DEALS:,} deals with {DEALS * EVENTS_A_DEAL:,} events.",
        "ms",
        {"the answer": [milliseconds(lambda: get(address)) for _ in range(rounds)]},
        target=limit,
        is_upper_limit=True,
        summary=first_median,
    )


def _compare_with_pages(get: Callable[[str], Any], rounds: int) -> Result:
    last = get("deals/?ordering=id&page_size=1")["results"][0]["id"] + PAGED_DEALS - 1
    query = f"id__lte={last}"

    def walk() -> None:
        address = f"deals/?ordering=id&page_size=500&{query}"
        while address:
            address = get(address)["next"]

    def summarize() -> None:
        get(f"deals/summary/?group_by=stage&measure=count,sum:value&{query}")

    return _compare(
        "A summary, against all pages", f"{PAGED_DEALS:,} deals by stage.", walk, summarize, rounds
    )


def _compare_with_single_histories(get: Callable[[str], Any], rounds: int) -> Result:
    ids = [row["id"] for row in get(f"deals/?page_size={SINGLE_DEALS}")["results"]]

    def read_each() -> None:
        for id in ids:
            get(f"deals/{id}/history/")

    def read_all() -> None:
        get(f"history/?entity=deal&page_size=500&column=stage&record__in={','.join(map(str, ids))}")

    description = f"The stages of {SINGLE_DEALS} deals."
    return _compare("The history of many, against each one", description, read_each, read_all, rounds)


def _compare(
    title: str, description: str, slow: Callable[[], None], fast: Callable[[], None], rounds: int
) -> Result:
    """Measure both in turn; the ratio says how many times faster the second one is."""
    figures: dict[str, list[float]] = {"one after the other": [], "one request": []}
    for _ in range(rounds):
        figures["one after the other"].append(milliseconds(slow))
        figures["one request"].append(median(milliseconds(fast) for _ in range(3)))
    return Result(title, description, "ms", figures, target=10)
