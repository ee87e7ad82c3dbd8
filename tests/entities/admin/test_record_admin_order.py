"""The order of the lists of records owes nothing to the order in which events came in."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.admin.lists.list_choice import sortable_columns
from entities.generator.company_events import generate_company
from entities.generator.event_generator import generate_stream
from entities.models import Deal, Message, Record
from entities.models.introspection import record_models
from entities.vendors import all_vendors
from events.models import Source
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COUNT = 200
Lists = dict[str, list[tuple[str, str, str]]]
"""Model and parameters of a list -> the keys of its first 100 rows."""


def make_archives() -> dict[str, list[bytes]]:
    """Return vendor -> bodies: of an invented company, and hostile ones with few ids and equal times."""
    return {
        name: generate_company(vendor, COUNT, 1, NOW) + generate_stream(vendor, COUNT, 1)
        for name, vendor in all_vendors().items()
    }


def read_keys(client: Client, model: type[Record], **query: Any) -> list[tuple[str, str, str]]:
    """Return the keys of the rows on the first two pages of a list."""
    keys = []
    for page in (1, 2):
        response: Any = client.get(list_url(model), query | {"p": page})
        if response.status_code == 200:
            rows = response.context_data["cl"].result_list
            keys += [(row.source.slug, row.scope, row.external_id) for row in rows]
    return keys


@contextmanager
def imported_mirror(archives: dict[str, list[bytes]], directory: Path) -> Iterator[None]:
    """Fill the mirror by the commands; empty it again with the context."""
    with transaction.atomic():
        for vendor, bodies in archives.items():
            Source.objects.create(slug=vendor, vendor=vendor)
            archive = directory / f"{vendor}.jsonl"
            archive.write_bytes(b"\n".join(bodies))
            call_command("import_events", vendor, str(archive), stdout=io.StringIO())
        call_command("apply_events", stdout=io.StringIO(), stderr=io.StringIO())
        yield
        transaction.set_rollback(True)


def read_lists(client: Client) -> Lists:
    queries: list[dict[str, str]] = [{}, {"state": "all"}, {"state": "placeholder"}]
    return {
        f"{model.__name__} {query}": read_keys(client, model, **query)
        for model in record_models()
        for query in queries
    }


def test_an_archive_that_is_imported_in_two_orders_gives_the_same_lists(tmp_path: Path) -> None:
    client, archives = log_in_staff(), make_archives()
    with imported_mirror(archives, tmp_path):
        in_order = read_lists(client)
    for bodies in archives.values():
        Random(1).shuffle(bodies)
    with imported_mirror(archives, tmp_path):
        shuffled = read_lists(client)
    assert in_order == shuffled
    assert {len(in_order[f"{model.__name__} {{}}"]) for model in (Deal, Message)} == {100}


def test_records_of_one_time_are_in_the_order_of_their_keys_on_every_page() -> None:
    sources = [ensure_source(slug) for slug in ("one", "two")]
    at = datetime(2025, 1, 1, tzinfo=UTC)
    keys = [
        (external_id, scope, source) for external_id in "abcdefghij" for scope in "xyz" for source in sources
    ]
    for external_id, scope, source in Random(1).sample(keys, len(keys)):
        create_record(Deal, external_id=external_id, scope=scope, source=source, last_event_at=at)
    expected = [(source.slug, scope, external_id) for external_id, scope, source in keys]
    client = log_in_staff()
    for order in list_orders():
        assert read_keys(client, Deal, **order) == expected


def list_orders() -> list[dict[str, str]]:
    """Return the parameters of the default order, of each that the address can choose."""
    # Each record was changed at a time of its own.
    names = [name for name in sortable_columns(Deal) if name != "changed_at"]
    return [{}, *({"o": sign + name} for name in names for sign in ("", "-"))]


# 100,000 deals, of which 50 have each time, and the third part has none.
INSERT_DEALS = """
    INSERT INTO entities_deal (source_id, external_id, is_placeholder, last_event_at, created_at, closed_at)
    SELECT %s, 'd' || md5(number::text), false, time, time, time FROM (
        SELECT number, CASE WHEN number %% 3 > 0 THEN now() - make_interval(hours => number / 50) END AS time
        FROM generate_series(1, 100000) AS number
    ) AS deal
"""


@pytest.mark.prove
def test_no_list_sorts_all_of_its_rows() -> None:
    execute(INSERT_DEALS, ensure_source().pk)
    execute("ANALYZE entities_deal")
    client = log_in_staff()
    places = [{}, {"p": f"after-{Deal.objects.exclude(created_at=None).order_by('pk')[40_000].pk}"}]
    with CaptureQueriesContext(connection) as captured:
        for order in list_orders():
            for place in places:
                get_page(client, list_url(Deal), **order | place)
    queries = (query["sql"] for query in captured if 'FROM "entities_deal"' in query["sql"])
    reads = [sql for sql in queries if "ORDER BY" in sql]
    assert len(reads) == len(list_orders()) * len(places)
    for sql in reads:
        plan = fetch_value("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
        nodes = list(walk_plan(plan[0]["Plan"]))
        assert "Incremental Sort" in {node["Node Type"] for node in nodes}
        assert max(node["Actual Rows"] for node in nodes if "deal" in node.get("Relation Name", "")) < 200


def walk_plan(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from walk_plan(child)
