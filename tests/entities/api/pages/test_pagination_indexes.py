"""Pages in the order of a column with an index cost the same: among ties, among nulls, and however far in."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.api.pages.orderings import dump_position, find_indexed_columns, make_ordering
from entities.api.pages.pagination import Cursor
from entities.api.rows.api_columns import get_column
from entities.models import Deal
from tests.support.api_client import create_api_client, ensure_source

pytestmark = pytest.mark.django_db

INDEXES = {
    sign + column: index
    for column, index in (
        ("created_at", "deal_oldest"),
        ("last_event_at", "deal_idle"),
        ("changed_at", "deal_changed"),
        ("closed_at", "deal_by_closed_at"),
    )
    for sign in ("", "-")
}


@pytest.mark.parametrize("ordering", INDEXES)
def test_an_index_serves_the_first_page_and_later_ones_in_both_directions(
    ordering: str, deals_with_times: None
) -> None:
    client = create_api_client()
    address = f"/api/v1/deals/?ordering={ordering}&page_size=100"
    for page_number in range(30):
        plans, page = explain_page(client, address)
        assert_plans_use_index(plans, INDEXES[ordering], is_first=page_number == 0)
        if page["previous"]:
            plans, _ = explain_page(client, page["previous"])
            assert_plans_use_index(plans, INDEXES[ordering], is_first=False)
        if not page["next"]:
            break
        address = page["next"]
    assert page_number == 29


@pytest.fixture
def deals_with_times() -> None:
    """Create 3,000 deals, of which 40 % have no time, and 1,000 share one; the others share it with three."""
    statement = """
        INSERT INTO entities_deal (
            source_id, external_id, is_placeholder, changed_at, created_at, last_event_at, closed_at
        )
        SELECT %s, number, FALSE, time, known, known, known
        FROM generate_series(0, 2999) AS number
        CROSS JOIN LATERAL (
            SELECT '2025-01-01Z'::timestamptz + GREATEST(number, 1000) / 4 * interval '1 hour' AS time
        ) AS times
        CROSS JOIN LATERAL (SELECT CASE WHEN number %% 5 >= 2 THEN time END AS known) AS known_times
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [ensure_source().pk])
        cursor.execute("ANALYZE entities_deal")
        # Near an end of so small a table, reading the few rows that are left and sorting them costs as much.
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def explain_page(client: Client, address: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the plans of the queries for a page's rows, and the page."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        assert response.status_code == 200, response.content
        page = response.json()
    plans = []
    for query in queries:
        if 'FROM "entities_deal"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query["sql"].replace("%", "%%"))
                plans.append(cursor.fetchone()[0][0]["Plan"])
    return plans, page


def assert_plans_use_index(plans: list[dict[str, Any]], index: str, *, is_first: bool) -> None:
    """Fail unless each plan reads the rows off the index in its order, and passes over few of them."""
    assert plans
    for plan in plans:
        nodes = list(walk_plan(plan))
        scans = [node for node in nodes if node.get("Index Name") == index]
        assert len(scans) == 1, json.dumps(plan, indent=1)
        assert not any("Sort" in node["Node Type"] for node in nodes), plan
        assert scans[0].get("Rows Removed by Filter", 0) <= 4, plan
        assert is_first or "Index Cond" in scans[0], plan


def walk_plan(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan."""
    yield node
    for inner in node.get("Plans", []):
        yield from walk_plan(inner)


# Of the table, in the order of its ids.
SHARES = (0, 0.2, 0.4, 0.5, 0.6, 0.8, 0.999)


@pytest.fixture
def many_deals() -> list[int]:
    """Create 125,000 deals: of 40 % no time is known, and another 40 % have one time. Return their ids."""
    statement = """
        INSERT INTO entities_deal (
            source_id, external_id, is_placeholder, changed_at, created_at, last_event_at, closed_at
        )
        SELECT %s, number, FALSE, COALESCE(time, '2025-01-01Z'), time, time, time
        FROM generate_series(1, 125000) AS number
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN number %% 5 < 2 THEN NULL
                WHEN number %% 5 < 4 THEN '2025-01-01Z'::timestamptz
                ELSE '2024-01-01Z'::timestamptz + number * interval '1 second'
            END AS time
        ) AS times
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [ensure_source().pk])
        cursor.execute("ANALYZE entities_deal")
    return list(Deal.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.prove
def test_a_page_reads_no_more_among_50000_ties_and_nulls(many_deals: list[int]) -> None:
    client = create_api_client()
    for column in find_indexed_columns(Deal):
        for sign in ("", "-"):
            reads = [count_blocks(client, sign + column, share, many_deals) for share in SHARES]
            # A page of 100 rows, each with its source.
            assert max(reads) < 800, (sign + column, reads)


def count_blocks(client: Client, term: str, share: float, ids: list[int]) -> int:
    """Return how many blocks are read for the page after the row that lies so far in the table."""
    row = Deal.objects.get(pk=ids[int(share * len(ids))])
    name = term.removeprefix("-")
    ordering = make_ordering([term], {name: get_column(Deal, name)}, get_column(Deal, "id"))
    names = list(map(str, ordering))
    cursor = Cursor("/api/v1/deals/", "", names, False, row.pk, dump_position(ordering, row))
    query = urlencode({"ordering": term, "cursor": str(cursor)})
    plans, _ = explain_page(client, f"/api/v1/deals/?{query}")
    return sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
